-- The contract of the schema, messaging: conversations, notifications, follows.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(31);

SELECT is(tests.labels_of('notification_type'),
    'order_placed, order_paid, order_shipped, order_delivered, order_cancelled, new_message, new_rating, new_follower, listing_favorited, listing_sold, price_drop, return_requested, payment_received, achievement_earned, promotion_alert, offer_received, offer_answered, saved_search_match, dispute_updated, report_decided, brand_decided, payout_sent, webhook_disabled, data_export_ready',
    'notification_type has its labels in order');
SELECT is(tests.labels_of('notification_channel'),
    'in_app, email, push',
    'notification_channel has its labels in order');

-- conversations
SELECT is(tests.columns_of('conversations'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
listing_id uuid
buyer_id uuid
seller_id uuid
last_message_at timestamp with time zone NOT NULL DEFAULT now()
buyer_unread_count integer NOT NULL DEFAULT 0
seller_unread_count integer NOT NULL DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
archived_by_buyer boolean DEFAULT false
archived_by_seller boolean DEFAULT false
is_direct boolean NOT NULL DEFAULT false
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'conversations has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('conversations'), $$
conversations_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE SET NULL
conversations_buyer_is_not_seller_check CHECK ((buyer_id <> seller_id))
conversations_listing_id_buyer_id_seller_id_key UNIQUE (listing_id, buyer_id, seller_id)
conversations_listing_id_fkey FOREIGN KEY (listing_id, seller_id) REFERENCES listings(id, seller_id) ON DELETE SET NULL (listing_id)
conversations_pkey PRIMARY KEY (id)
conversations_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE SET NULL
$$, 'conversations has its constraints');
SELECT is(tests.indexes_of('conversations'), $$
idx_conversations_buyer_id USING btree (buyer_id)
idx_conversations_direct UNIQUE USING btree (buyer_id, seller_id) WHERE is_direct
idx_conversations_last_message_at USING btree (last_message_at DESC)
idx_conversations_listing_id USING btree (listing_id) WHERE (listing_id IS NOT NULL)
idx_conversations_seller_id USING btree (seller_id)
$$, 'conversations has its indexes');
SELECT is(tests.triggers_of('conversations'), $$
check_required_columns AFTER INSERT OR UPDATE ON conversations FOR EACH ROW WHEN (new.buyer_id IS NULL OR new.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id')
clear_with_reference BEFORE UPDATE ON conversations FOR EACH ROW WHEN (old.seller_id IS NOT NULL AND new.seller_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('seller_id', 'listing_id')
end_conversation AFTER UPDATE ON conversations FOR EACH ROW WHEN (new.buyer_id IS NULL AND new.seller_id IS NULL AND (old.buyer_id IS NOT NULL OR old.seller_id IS NOT NULL)) EXECUTE FUNCTION private.end_conversation()
guard_conversation BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION private.guard_conversation()
keep_conversation_is_direct BEFORE UPDATE ON conversations FOR EACH ROW WHEN (old.is_direct IS DISTINCT FROM new.is_direct) EXECUTE FUNCTION private.set_conversation_is_direct()
limit_rate AFTER INSERT ON conversations REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('conversations')
require_columns BEFORE INSERT OR UPDATE ON conversations FOR EACH ROW WHEN (new.buyer_id IS NULL OR new.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id')
set_conversation_is_direct BEFORE INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION private.set_conversation_is_direct()
update_conversations_updated_at BEFORE UPDATE ON conversations FOR EACH ROW WHEN (old.last_message_at IS DISTINCT FROM new.last_message_at OR old.archived_by_buyer IS DISTINCT FROM new.archived_by_buyer OR old.archived_by_seller IS DISTINCT FROM new.archived_by_seller OR old.listing_id IS DISTINCT FROM new.listing_id OR old.updated_at IS DISTINCT FROM new.updated_at) EXECUTE FUNCTION update_updated_at_column()
$$, 'conversations has its triggers');
SELECT is(tests.policies_of('conversations'), $$
"Users can create conversations" INSERT TO authenticated
"Users can update their conversations" UPDATE TO authenticated
"Users can view their conversations" SELECT TO authenticated
$$, 'conversations has its policies');

-- messages
SELECT is(tests.columns_of('messages'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
conversation_id uuid NOT NULL
sender_id uuid
content text NOT NULL
attachments jsonb DEFAULT '[]'::jsonb
is_read boolean DEFAULT false
created_at timestamp with time zone NOT NULL DEFAULT now()
edited_at timestamp with time zone
read_at timestamp with time zone
offer_id uuid
$$, 'messages has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('messages'), $$
messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
messages_pkey PRIMARY KEY (id)
messages_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES profiles(id) ON DELETE SET NULL
$$, 'messages has its constraints');
SELECT is(tests.indexes_of('messages'), $$
idx_messages_conversation_id USING btree (conversation_id)
idx_messages_created_at USING btree (created_at DESC)
idx_messages_latest USING btree (conversation_id, created_at DESC)
idx_messages_offer_id USING btree (offer_id) WHERE (offer_id IS NOT NULL)
idx_messages_sender_id USING btree (sender_id)
idx_messages_unread USING btree (conversation_id, sender_id) WHERE (is_read IS NOT TRUE)
$$, 'messages has its indexes');
SELECT is(tests.triggers_of('messages'), $$
check_required_columns AFTER INSERT OR UPDATE ON messages FOR EACH ROW WHEN (new.sender_id IS NULL) EXECUTE FUNCTION private.require_columns('sender_id')
check_sizes BEFORE INSERT OR UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION private.check_sizes('content', '40000', 'attachments', '65536')
count_added_messages AFTER INSERT ON messages REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_messages()
count_changed_messages AFTER UPDATE ON messages REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_messages()
count_removed_messages AFTER DELETE ON messages REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.count_messages()
guard_message BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION private.guard_message()
limit_rate AFTER INSERT ON messages REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('messages')
require_columns BEFORE INSERT OR UPDATE ON messages FOR EACH ROW WHEN (new.sender_id IS NULL) EXECUTE FUNCTION private.require_columns('sender_id')
$$, 'messages has its triggers');
SELECT is(tests.policies_of('messages'), $$
"Recipients can mark messages read" UPDATE TO authenticated
"Users can send messages" INSERT TO authenticated
"Users can view their messages" SELECT TO authenticated
$$, 'messages has its policies');

-- notifications
SELECT is(tests.columns_of('notifications'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
type notification_type NOT NULL
title text NOT NULL
message text NOT NULL
action_url text
related_user_id uuid
related_order_id uuid
related_listing_id uuid
is_read boolean DEFAULT false
read_at timestamp with time zone
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
group_key text
actor_ids uuid[] NOT NULL DEFAULT '{}'::uuid[]
count integer NOT NULL DEFAULT 1
event_id bigint
seen_at timestamp with time zone
in_app boolean NOT NULL DEFAULT true
$$, 'notifications has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notifications'), $$
notifications_count_check CHECK ((count > 0))
notifications_event_id_type_user_id_key UNIQUE (event_id, type, user_id)
notifications_pkey PRIMARY KEY (id)
notifications_related_listing_id_fkey FOREIGN KEY (related_listing_id) REFERENCES listings(id) ON DELETE SET NULL
notifications_related_order_id_fkey FOREIGN KEY (related_order_id) REFERENCES orders(id) ON DELETE SET NULL
notifications_related_user_id_fkey FOREIGN KEY (related_user_id) REFERENCES profiles(id) ON DELETE SET NULL
notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'notifications has its constraints');
SELECT is(tests.indexes_of('notifications'), $$
idx_notifications_created_at USING btree (created_at DESC)
idx_notifications_is_read USING btree (is_read)
idx_notifications_newest USING btree (user_id, created_at DESC, id DESC)
idx_notifications_related_listing_id USING btree (related_listing_id) WHERE (related_listing_id IS NOT NULL)
idx_notifications_related_order_id USING btree (related_order_id) WHERE (related_order_id IS NOT NULL)
idx_notifications_related_user_id USING btree (related_user_id) WHERE (related_user_id IS NOT NULL)
idx_notifications_type USING btree (type)
idx_notifications_unread USING btree (user_id, type) WHERE (is_read IS NOT TRUE)
idx_notifications_unread_group UNIQUE USING btree (group_key, user_id) WHERE ((is_read IS NOT TRUE) AND (group_key IS NOT NULL))
idx_notifications_user_id USING btree (user_id)
$$, 'notifications has its indexes');
SELECT is(tests.triggers_of('notifications'), $$
guard_notification BEFORE UPDATE ON notifications FOR EACH ROW EXECUTE FUNCTION private.guard_notification()
notification_was_read BEFORE UPDATE ON notifications FOR EACH ROW WHEN (new.is_read IS TRUE AND old.is_read IS NOT TRUE) EXECUTE FUNCTION private.end_notification_group()
$$, 'notifications has its triggers');
SELECT is(tests.policies_of('notifications'), $$
"System can create notifications" INSERT TO anon, authenticated
"Users can remove their notifications" DELETE TO authenticated
"Users can update their notifications" UPDATE TO authenticated
"Users can view their notifications" SELECT TO authenticated
$$, 'notifications has its policies');

-- notification_preferences
SELECT is(tests.columns_of('notification_preferences'), $$
user_id uuid NOT NULL
type notification_type NOT NULL
channel notification_channel NOT NULL
enabled boolean NOT NULL DEFAULT true
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'notification_preferences has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notification_preferences'), $$
notification_preferences_pkey PRIMARY KEY (type, channel, user_id)
notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'notification_preferences has its constraints');
SELECT is(tests.indexes_of('notification_preferences'), $$
idx_notification_preferences_user_id USING btree (user_id)
$$, 'notification_preferences has its indexes');
SELECT is(tests.triggers_of('notification_preferences'), $$
update_notification_preferences_updated_at BEFORE UPDATE ON notification_preferences FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'notification_preferences has its triggers');
SELECT is(tests.policies_of('notification_preferences'), $$
"Users can add own notification preferences" INSERT TO authenticated
"Users can remove own notification preferences" DELETE TO authenticated
"Users can update own notification preferences" UPDATE TO authenticated
"Users can view own notification preferences" SELECT TO authenticated
$$, 'notification_preferences has its policies');

-- user_follows
SELECT is(tests.columns_of('user_follows'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
follower_id uuid NOT NULL
following_id uuid NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'user_follows has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('user_follows'), $$
user_follows_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES profiles(id) ON DELETE CASCADE
user_follows_follower_id_following_id_key UNIQUE (follower_id, following_id)
user_follows_following_id_fkey FOREIGN KEY (following_id) REFERENCES profiles(id) ON DELETE CASCADE
user_follows_not_oneself_check CHECK ((follower_id <> following_id))
user_follows_pkey PRIMARY KEY (id)
$$, 'user_follows has its constraints');
SELECT is(tests.indexes_of('user_follows'), $$
idx_user_follows_follower USING btree (follower_id)
idx_user_follows_following USING btree (following_id)
idx_user_follows_newest USING btree (following_id, created_at DESC, id DESC)
$$, 'user_follows has its indexes');
SELECT is(tests.triggers_of('user_follows'), $$
count_added_follows AFTER INSERT ON user_follows REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_follows()
count_changed_follows AFTER UPDATE ON user_follows REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_follows()
count_removed_follows AFTER DELETE ON user_follows REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.count_follows()
limit_rate AFTER INSERT ON user_follows REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('follows')
refuse_blocked_follows AFTER INSERT ON user_follows REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_blocked_follows()
$$, 'user_follows has its triggers');
SELECT is(tests.policies_of('user_follows'), $$
"Anyone can view follows" SELECT TO anon, authenticated
"Users can manage their follows" INSERT TO authenticated
"Users can remove their follows" DELETE TO authenticated
"Users can upsert their follows" UPDATE TO authenticated
$$, 'user_follows has its policies');

-- user_blocks
SELECT is(tests.columns_of('user_blocks'), $$
blocker_id uuid NOT NULL
blocked_id uuid NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'user_blocks has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('user_blocks'), $$
user_blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES profiles(id) ON DELETE CASCADE
user_blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES profiles(id) ON DELETE CASCADE
user_blocks_not_oneself_check CHECK ((blocker_id <> blocked_id))
user_blocks_pkey PRIMARY KEY (blocker_id, blocked_id)
$$, 'user_blocks has its constraints');
SELECT is(tests.indexes_of('user_blocks'), $$
idx_user_blocks_blocked_id USING btree (blocked_id)
idx_user_blocks_blocker_id USING btree (blocker_id)
$$, 'user_blocks has its indexes');
SELECT is(tests.policies_of('user_blocks'), $$
"Users can view whom they have blocked" SELECT TO authenticated
$$, 'user_blocks has its policies');

SELECT * FROM finish();
ROLLBACK;
