-- What ANALYZE is to think of columns that say whose a row is. Policies compare them with the caller, whom the planner does not know,
-- and where few people have most rows it took everybody for one of these: it went through all rows until a page was full, and for
-- somebody who has none that is the whole table. As if every two rows were another's, it begins with those of the caller.
-- Not each row: then a whole key would seem no better than its owner beside it, and who asks for one order of a seller's would get it
-- by going through all of that seller's. Of the rows of the ledger a third has a party.

ALTER TABLE @extschema@.orders
    ALTER COLUMN buyer_id SET (n_distinct = -0.5),
    ALTER COLUMN seller_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.checkouts
    ALTER COLUMN buyer_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.conversations
    ALTER COLUMN buyer_id SET (n_distinct = -0.5),
    ALTER COLUMN seller_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.transactions
    ALTER COLUMN buyer_id SET (n_distinct = -0.5),
    ALTER COLUMN seller_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.seller_payouts
    ALTER COLUMN seller_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.ledger_entries
    ALTER COLUMN party_id SET (n_distinct = -0.05);
ALTER TABLE @extschema@.store_credits
    ALTER COLUMN user_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.coupon_usage
    ALTER COLUMN user_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.refund_requests
    ALTER COLUMN requested_by SET (n_distinct = -0.5);
ALTER TABLE @extschema@.disputes
    ALTER COLUMN initiated_by SET (n_distinct = -0.5),
    ALTER COLUMN respondent_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.returns
    ALTER COLUMN requested_by SET (n_distinct = -0.5);
ALTER TABLE @extschema@.brand_verification_requests
    ALTER COLUMN user_id SET (n_distinct = -0.5);
ALTER TABLE @extschema@.notifications
    ALTER COLUMN user_id SET (n_distinct = -0.5);

-- room for the next version of a row on its page: a sale or a favourite then writes none of the ten indexes
ALTER TABLE @extschema@.listings SET (fillfactor = 90);
-- emptied all the time, and never large: as soon as there is something to vacuum
ALTER TABLE @extschema@.outbox_events
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
