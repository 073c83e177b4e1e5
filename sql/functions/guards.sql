-- Guards: what judges the statements of clients by the rights of rights.sql, and the words of a refusal.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.guards()
    RETURNS TABLE(table_name text, trigger_name text, definition text)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH opened AS (
        SELECT o.table_name,
               string_agg(quote_literal(o.privilege), ', ' ORDER BY o.privilege DESC)
                   -- of a profile that is there an INSERT may be the beginning of an upsert: the other guard judges
                   FILTER (WHERE r.table_name IS NULL AND (o.table_name, o.privilege) <> ('profiles', 'INSERT')) AS refused,
               bool_or(o.privilege = 'UPDATE' AND r.table_name IS NOT NULL) AS has_update,
               bool_or(o.privilege = 'DELETE') AS judges_delete
          FROM private.opened_rights() o
          LEFT JOIN private.table_rights() r USING (table_name, role_name, privilege)
         GROUP BY o.table_name
    )
    -- "!" comes before the names of all other triggers: what a trigger writes is not what the client sent.
    SELECT o.table_name, '!guard_columns',
           format('CREATE OR REPLACE TRIGGER "!guard_columns" BEFORE INSERT%s ON @extschema@.%I FOR EACH ROW EXECUTE FUNCTION private.guard_columns(%s)',
                  CASE WHEN o.has_update THEN ' OR UPDATE' END, o.table_name,
                  CASE o.table_name
                      -- who may read all of their own row by a function may also send it back
                      WHEN 'profiles' THEN quote_literal('my_profile')
                      -- set when the status changes: an object mapper that saved the row does not know of it
                      WHEN 'listings' THEN $$'', 'published_at', 'sold_at'$$
                  END)
      FROM opened o
    UNION ALL
    SELECT o.table_name, '!guard_commands',
           format('CREATE OR REPLACE TRIGGER "!guard_commands" BEFORE INSERT OR %sUPDATE ON @extschema@.%I FOR EACH STATEMENT EXECUTE FUNCTION private.guard_commands(%s)',
                  CASE WHEN o.judges_delete THEN 'DELETE OR ' END, o.table_name, o.refused)
      FROM opened o
$function$;
COMMENT ON FUNCTION private.guards() IS
    'Triggers that judge what signed-in users write by the privileges of opened_rights(), two for each table.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.write_hints()
    RETURNS TABLE(table_name text, privilege text, columns text[], hint text)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    -- The most specific row counts: a column before a command before a table. NULL is any.
    VALUES
        (NULL, NULL, NULL::text[], 'Leave the column out.'),
        (NULL, 'UPDATE', '{id}', 'A row keeps its ID.'),

        -- accounts
        ('profiles', NULL, NULL, 'The database and the application''s back end maintain this column.'),
        ('profiles', 'INSERT', NULL, 'The sign-up creates the profile.'),
        ('profiles', 'DELETE', NULL, 'The profile is deleted with the account.'),
        ('profiles', NULL, '{email}', 'Change the e-mail address of the account.'),
        ('profiles', NULL, '{role,is_admin}', 'Admins use set_user_role().'),
        ('profiles', NULL, '{suspended_at,suspended_until}', 'Admins use suspend_user() and reinstate_user().'),
        ('profiles', NULL, '{is_verified}', 'Use request_brand_verification(); admins decide.'),
        ('profiles', NULL, '{setup_completed,setup_started_at,setup_completed_at}', 'Write the steps to profile_setup_progress.'),
        ('auth_sessions', NULL, NULL, 'Use create_auth_session().'),
        ('auth_login_history', NULL, NULL, 'Use log_auth_event().'),
        ('profile_setup_progress', 'DELETE', NULL, 'Set completed to false.'),
        ('brand_verification_requests', 'INSERT', '{verification_status,admin_notes,reviewed_by,reviewed_at,reviewed_revision}',
            'An admin decides about the request with an UPDATE.'),
        ('brand_verification_requests', NULL, '{revision}', 'The database counts the revisions.'),
        ('brand_verification_requests', 'UPDATE', '{user_id}', 'A request stays with its applicant.'),
        ('brand_verification_requests', 'DELETE', NULL, 'Change the request instead.'),
        ('social_media_accounts', NULL, NULL, 'The application''s back end verifies the account and counts its followers.'),
        ('user_stats_summary', NULL, NULL, 'The database maintains the statistics.'),
        ('user_achievements', NULL, NULL, 'A job awards achievements.'),
        ('brand_profiles', 'UPDATE', '{user_id}', 'A brand page stays with its user.'),
        ('documents', NULL, NULL, 'The application''s back end decides about documents.'),
        ('documents', 'UPDATE', NULL, 'Delete the row and insert another one; the application''s back end decides about documents.'),

        -- catalog
        ('category_slugs', NULL, NULL, 'Admins write translations of categories.'),
        ('category_counts', NULL, NULL, 'The application''s back end counts the listings.'),
        ('listings', NULL, NULL, 'The database and the application''s back end maintain this column.'),
        ('listings', 'UPDATE', '{seller_id}', 'A listing stays with its seller.'),
        ('product_variants', NULL, '{seller_id}', 'The seller of a variant is that of its listing.'),
        ('product_variants', 'UPDATE', '{listing_id}', 'A variant stays with its listing.'),
        ('listing_conditions', NULL, NULL, 'The application''s back end maintains the conditions.'),
        ('favorites', 'UPDATE', NULL, 'Delete the row and insert another one.'),

        -- cart
        ('shopping_carts', NULL, NULL, 'Use get_or_create_cart(), which also replaces an expired cart, or create_cart_claim() for a code.'),
        ('shopping_carts', 'DELETE', NULL, 'Use clear_cart().'),
        ('cart_items', 'UPDATE', NULL, 'Delete the row, then use add_to_cart().'),

        -- offers
        ('offers', NULL, NULL, 'Use make_offer(), answer_offer(), and withdraw_offer().'),
        ('offer_settings', NULL, NULL, 'Use set_offer_settings() and set_bundle_discount().'),

        -- orders
        ('shipping_addresses', 'UPDATE', '{user_id}', 'An address stays with its user.'),
        ('orders', NULL, NULL, 'Use transition_order() for the next step of the order.'),
        ('orders', 'INSERT', NULL, 'Use checkout().'),
        ('orders', 'DELETE', NULL, 'Use cancel_order().'),
        ('orders', NULL, '{tracking_number,shipping_carrier}', 'Use ship_order().'),
        ('orders', NULL, '{cancellation_reason}', 'Use cancel_order() with a reason.'),
        ('orders', NULL, '{refunded_amount,refunded_fee_amount,refunded_tax_amount,refunded_discount_amount}', 'Use request_refund().'),
        ('orders', NULL, '{due_on_delivery}', 'The service calls start_payment().'),
        ('orders', NULL, '{part_paid_amount}', 'The service calls start_part_payment().'),
        ('orders', NULL, '{buyer_id,seller_id,order_number,subtotal,shipping_cost,tax_amount,discount_amount,total_amount,currency,
                           shipping_address_id,billing_address_id,payment_method_id,shipping_address,store_credit_amount,platform_fee_amount,
                           buyer_fee_amount,platform_discount_amount,included_tax_amount,prices_include_tax,shipping_tax_amount,
                           shipping_tax_rate,fee_tax_amount,fee_tax_rate,notes,promise_id}',
            'The order keeps what checkout() has written: use cancel_order(), then checkout().'),
        ('order_items', NULL, NULL, 'The order keeps its items: use cancel_order(), request_refund(), or open_return().'),
        ('order_items', 'INSERT', NULL, 'Use add_to_cart(), then checkout().'),
        ('order_addresses', NULL, NULL, 'Use checkout(), which takes the address.'),
        ('order_status_history', NULL, NULL, 'Use transition_order(), which records each step.'),
        ('order_tracking', NULL, NULL, 'Use ship_order() and add_parcel(), and update_parcel() to correct a parcel.'),
        ('shipping_labels', NULL, NULL, 'Use ship_order(); the application''s back end buys labels.'),
        ('shipping_events', NULL, NULL, 'Use ship_order(), add_parcel(), and confirm_delivery(); the application''s back end records what the carrier reports.'),
        ('checkouts', NULL, NULL, 'Use checkout().'),

        -- payments
        ('payment_accounts', NULL, NULL, 'The application''s back end opens the account at the payment processor.'),
        ('payment_methods', NULL, NULL, 'The application''s back end adds a card when the payment processor has confirmed it.'),
        ('payment_transactions', NULL, NULL, 'The application''s back end uses start_payment() and record_stripe_event().'),
        ('gift_cards', NULL, NULL, 'The service sells gift cards; users redeem them by redeem_gift_card(), and admins cancel them by cancel_gift_card().'),
        ('store_credits', NULL, NULL, 'Admins use grant_store_credit(), and checkout() spends it.'),
        ('store_credit_usage', NULL, NULL, 'Use checkout(), which spends store credit.'),
        ('transactions', NULL, NULL, 'The database records transactions.'),
        ('seller_payouts', NULL, NULL, 'Use request_payout().'),
        ('refund_requests', NULL, NULL, 'Use decide_refund().'),
        ('refund_requests', 'INSERT', NULL, 'Use request_refund().'),
        ('ledger_entries', NULL, NULL, 'The database books orders, refunds, and payouts.'),
        ('currencies', NULL, NULL, 'Admins call set_smallest_card_amount().'),
        ('tax_rates', NULL, NULL, 'Admins call set_tax_rate() or remove_tax_rate().'),
        ('commission_rules', NULL, NULL, 'Admins call add_commission_rule() or end_commission_rule().'),
        ('exchange_rates', NULL, NULL, 'The application''s back end loads exchange rates.'),

        -- promotions
        ('coupons', NULL, NULL, 'The database counts the uses of a coupon.'),
        ('coupons', 'UPDATE', '{seller_id,created_by}', 'A coupon stays with its seller.'),
        ('coupon_usage', NULL, NULL, 'Use checkout(), which redeems coupons.'),

        -- messaging
        ('conversations', NULL, '{archived_by_buyer,archived_by_seller}', 'Archive the conversation with an UPDATE.'),
        ('conversations', NULL, '{buyer_unread_count,seller_unread_count}', 'Use mark_conversation_read().'),
        ('conversations', 'UPDATE', NULL, 'A conversation keeps its participants and its listing: insert another one.'),
        ('conversations', 'DELETE', NULL, 'Set archived_by_buyer or archived_by_seller to true.'),
        ('messages', 'INSERT', '{is_read}', 'The recipient uses mark_conversation_read().'),
        ('messages', NULL, NULL, 'A message stays as it was sent: send another one.'),
        ('notifications', NULL, NULL, 'Clients can set is_read and read_at; the database and the application''s back end write the rest.'),
        ('notification_settings', NULL, NULL, 'Use set_notification_settings().'),
        ('user_follows', 'UPDATE', NULL, 'Delete the row and insert another one.'),
        ('user_blocks', NULL, NULL, 'Use block_user() and unblock_user().'),

        -- trust
        ('user_ratings', NULL, NULL, 'A rating stays as it was given.'),
        ('disputes', NULL, NULL, 'Use cancel_dispute(); admins use advance_dispute() and resolve_dispute().'),
        ('disputes', 'INSERT', NULL, 'Use open_dispute().'),
        ('dispute_messages', NULL, NULL, 'A message stays as it was sent: use reply_dispute() to send another one.'),
        ('dispute_messages', 'INSERT', NULL, 'Use reply_dispute(), or add_dispute_note() as staff.'),
        ('returns', NULL, NULL, 'Use advance_return().'),
        ('returns', 'INSERT', NULL, 'Use open_return().'),

        -- admin
        ('admin_approvals', NULL, NULL, 'A decision stays on record: insert another one.'),
        ('admin_audit_log', NULL, NULL, 'The functions of admins write the log.')
$function$;
COMMENT ON FUNCTION private.write_hints() IS
    'What a client can do instead of a write that is refused, by table, command, and column; NULL for any of them.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.write_hint(table_name text, privilege text, column_name text)
    RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT h.hint FROM private.write_hints() h
     WHERE (h.table_name = $1 OR h.table_name IS NULL) AND (h.privilege = $2 OR h.privilege IS NULL)
       AND ($3 = ANY (h.columns) OR h.columns IS NULL)
     ORDER BY h.columns IS NULL, h.table_name IS NULL, h.privilege IS NULL
     LIMIT 1
$function$;
COMMENT ON FUNCTION private.write_hint(text, text, text) IS
    'Row of write_hints() for a refused command on a table, or for a column in it.';

CREATE OR REPLACE FUNCTION private.guard_columns() RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_columns';
COMMENT ON FUNCTION private.guard_columns() IS
    'BEFORE INSERT OR UPDATE row trigger that fires before all others: of a column that is not granted, clients can '
    'write the default or the value that the row has; times that the database maintains are kept. Error: 42501 with '
    'the column and what to do instead.';

CREATE OR REPLACE FUNCTION private.guard_commands() RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_commands';
COMMENT ON FUNCTION private.guard_commands() IS
    'BEFORE statement trigger that refuses the commands in its arguments to clients. Error: 42501 with what to do instead.';

-- In the policies for INSERT and UPDATE: while a guard is off nobody writes what it would have judged, and when the extension
-- is dropped with CASCADE, these policies go with its functions.
-- rights: authenticated
CREATE OR REPLACE FUNCTION private.require_guard(table_name text)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_guard';
COMMENT ON FUNCTION private.require_guard(text) IS
    'Returns true if the guards of this table are enabled. Error 55000 if not. Used by policies.';
