-- Messaging: conversations, notifications and how they reach people, follows.

CREATE TYPE @extschema@.notification_type AS ENUM (
    'order_placed', 'order_paid', 'order_shipped', 'order_delivered',
    'order_cancelled', 'new_message', 'new_rating', 'new_follower',
    'listing_favorited', 'listing_sold', 'price_drop', 'return_requested',
    'payment_received', 'achievement_earned', 'promotion_alert',
    'offer_received', 'offer_answered', 'saved_search_match', 'dispute_updated',
    'report_decided', 'brand_decided', 'payout_sent', 'webhook_disabled', 'data_export_ready'
);

CREATE TYPE @extschema@.notification_channel AS ENUM ('in_app', 'email', 'push');

CREATE TABLE @extschema@.conversations (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    listing_id UUID,
    -- NULL only after the account was deleted: the other side keeps the conversation; without either it is deleted
    buyer_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    seller_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    last_message_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- below zero inside a statement, while a trigger of somebody's is counted before it
    buyer_unread_count INTEGER NOT NULL DEFAULT 0,
    seller_unread_count INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    archived_by_buyer BOOLEAN DEFAULT false,
    archived_by_seller BOOLEAN DEFAULT false,
    -- started without a listing; tells it from a conversation whose listing was deleted since
    is_direct BOOLEAN NOT NULL DEFAULT false,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT conversations_listing_id_buyer_id_seller_id_key UNIQUE (listing_id, buyer_id, seller_id),
    CONSTRAINT conversations_buyer_is_not_seller_check CHECK (buyer_id <> seller_id),
    -- with the seller: nobody can be written to about a listing that is not theirs
    CONSTRAINT conversations_listing_id_fkey FOREIGN KEY (listing_id, seller_id)
        REFERENCES @extschema@.listings (id, seller_id) ON DELETE SET NULL (listing_id)
);

CREATE INDEX idx_conversations_listing_id ON @extschema@.conversations (listing_id) WHERE listing_id IS NOT NULL;
CREATE INDEX idx_conversations_buyer_id ON @extschema@.conversations (buyer_id);
CREATE INDEX idx_conversations_seller_id ON @extschema@.conversations (seller_id);
CREATE INDEX idx_conversations_last_message_at ON @extschema@.conversations (last_message_at DESC);
-- The UNIQUE above never sees two NULL listings as equal. NULLS NOT DISTINCT is no way out: when the second
-- listing of the same two people is deleted, its SET NULL would collide with the first.
CREATE UNIQUE INDEX idx_conversations_direct ON @extschema@.conversations (buyer_id, seller_id) WHERE is_direct;

CREATE TABLE @extschema@.messages (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    conversation_id UUID NOT NULL REFERENCES @extschema@.conversations (id) ON DELETE CASCADE,
    sender_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    content TEXT NOT NULL,
    attachments JSONB DEFAULT '[]',
    is_read BOOLEAN DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    edited_at TIMESTAMPTZ,
    read_at TIMESTAMPTZ,
    -- what the message makes or answers
    offer_id UUID
);

CREATE INDEX idx_messages_conversation_id ON @extschema@.messages (conversation_id);
-- the latest message of a long conversation is found without its others
CREATE INDEX idx_messages_latest ON @extschema@.messages (conversation_id, created_at DESC);
-- Small, and what unread counts and marking as read look at: the read messages of a long conversation are not touched.
CREATE INDEX idx_messages_unread ON @extschema@.messages (conversation_id, sender_id) WHERE is_read IS NOT TRUE;
CREATE INDEX idx_messages_sender_id ON @extschema@.messages (sender_id);
CREATE INDEX idx_messages_created_at ON @extschema@.messages (created_at DESC);

CREATE TABLE @extschema@.notifications (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    type @extschema@.notification_type NOT NULL,
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    action_url TEXT,
    -- SET NULL on all three: what a notification is about must stay deletable
    related_user_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    related_order_id UUID REFERENCES @extschema@.orders (id) ON DELETE SET NULL,
    related_listing_id UUID REFERENCES @extschema@.listings (id) ON DELETE SET NULL,
    is_read BOOLEAN DEFAULT false,
    read_at TIMESTAMPTZ,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- what further events of the same kind are counted into while the row is unread
    group_key TEXT,
    -- no foreign key: an account that is gone is left out when the row is shown
    actor_ids UUID[] NOT NULL DEFAULT '{}',
    count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),
    event_id BIGINT,
    seen_at TIMESTAMPTZ,
    -- false where the user wants it by e-mail or push only
    in_app BOOLEAN NOT NULL DEFAULT true,
    -- the event first: with the user first it would repeat the index on user_id
    CONSTRAINT notifications_event_id_type_user_id_key UNIQUE (event_id, type, user_id)
);

CREATE INDEX idx_notifications_user_id ON @extschema@.notifications (user_id);
CREATE INDEX idx_notifications_is_read ON @extschema@.notifications (is_read);
CREATE INDEX idx_notifications_created_at ON @extschema@.notifications (created_at DESC);
CREATE INDEX idx_notifications_type ON @extschema@.notifications (type);
CREATE INDEX idx_notifications_related_user_id ON @extschema@.notifications (related_user_id)
    WHERE related_user_id IS NOT NULL;
CREATE INDEX idx_notifications_related_order_id ON @extschema@.notifications (related_order_id)
    WHERE related_order_id IS NOT NULL;
CREATE INDEX idx_notifications_related_listing_id ON @extschema@.notifications (related_listing_id)
    WHERE related_listing_id IS NOT NULL;
CREATE INDEX idx_notifications_newest ON @extschema@.notifications (user_id, created_at DESC, id DESC);
CREATE INDEX idx_notifications_unread ON @extschema@.notifications (user_id, type) WHERE is_read IS NOT TRUE;
CREATE UNIQUE INDEX idx_notifications_unread_group ON @extschema@.notifications (group_key, user_id)
    WHERE is_read IS NOT TRUE AND group_key IS NOT NULL;

-- The reference has notification_channel but nowhere to say which channel a person wants; no row means the default.
CREATE TABLE @extschema@.notification_preferences (
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    type @extschema@.notification_type NOT NULL,
    channel @extschema@.notification_channel NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT true,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT notification_preferences_pkey PRIMARY KEY (type, channel, user_id)
);

CREATE INDEX idx_notification_preferences_user_id ON @extschema@.notification_preferences (user_id);

CREATE TABLE @extschema@.user_follows (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    follower_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    following_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT user_follows_follower_id_following_id_key UNIQUE (follower_id, following_id),
    CONSTRAINT user_follows_not_oneself_check CHECK (follower_id <> following_id)
);

CREATE INDEX idx_user_follows_follower ON @extschema@.user_follows (follower_id);
CREATE INDEX idx_user_follows_following ON @extschema@.user_follows (following_id);
-- in the sequence of followers(): there may be a million; of whom one follows there are few
CREATE INDEX idx_user_follows_newest ON @extschema@.user_follows (following_id, created_at DESC, id DESC);

-- Who wants to have nothing to do with whom. Whoever was blocked is not told.
CREATE TABLE @extschema@.user_blocks (
    blocker_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    blocked_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT user_blocks_pkey PRIMARY KEY (blocker_id, blocked_id),
    CONSTRAINT user_blocks_not_oneself_check CHECK (blocker_id <> blocked_id)
);

CREATE INDEX idx_user_blocks_blocker_id ON @extschema@.user_blocks (blocker_id);
CREATE INDEX idx_user_blocks_blocked_id ON @extschema@.user_blocks (blocked_id);
