-- Accounts: profiles, sign-ins, onboarding, brand verification, reputation.

CREATE TYPE @extschema@.user_role AS ENUM ('user', 'admin', 'moderator');

CREATE TYPE @extschema@.achievement_type AS ENUM (
    'first_sale', 'power_seller', 'top_rated', 'verified_seller',
    'social_butterfly', 'quick_shipper', 'loyal_customer', 'trendsetter'
);

CREATE TABLE @extschema@.profiles (
    id UUID PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    -- nullable: people who sign up by phone or anonymously have no e-mail
    email VARCHAR(255),
    -- lower case only, so that UNIQUE also stops names that differ by case alone
    username VARCHAR(30) NOT NULL CHECK (username ~ '^[a-z0-9._]{3,30}$'),
    full_name VARCHAR(100),
    bio TEXT,
    avatar_url TEXT,
    cover_url TEXT,
    avatar_urls JSONB,
    cover_urls JSONB,
    phone VARCHAR(20),
    date_of_birth DATE,
    gender VARCHAR(20),
    location JSONB DEFAULT '{}',
    is_seller BOOLEAN DEFAULT false,
    is_verified BOOLEAN DEFAULT false,
    is_admin BOOLEAN DEFAULT false,
    role @extschema@.user_role DEFAULT 'user',
    -- ::text here and below: a varchar IN list would get another text at each dump and restore
    account_type VARCHAR(20) DEFAULT 'personal' CHECK (account_type::text IN ('personal', 'brand')),
    brand_name VARCHAR(100),
    brand_description TEXT,
    brand_logo_url TEXT,
    brand_size VARCHAR(20) CHECK (brand_size::text IN ('individual', 'small', 'medium', 'large', 'enterprise')),
    badges TEXT[] DEFAULT '{}',
    total_sales INTEGER NOT NULL DEFAULT 0,
    seller_rating DECIMAL(3,2) CHECK (seller_rating BETWEEN 0 AND 5),
    seller_rating_count INTEGER NOT NULL DEFAULT 0,
    setup_completed BOOLEAN DEFAULT false,
    setup_started_at TIMESTAMPTZ,
    setup_completed_at TIMESTAMPTZ,
    avatar_style VARCHAR(50) DEFAULT 'avataaars',
    avatar_seed TEXT,
    custom_avatar_url TEXT,
    stripe_customer_id VARCHAR(255),
    stripe_account_id VARCHAR(255),
    settings JSONB DEFAULT '{}',
    preferences JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    deleted_at TIMESTAMPTZ,
    metadata JSONB DEFAULT '{}',
    -- the reference lets moderators suspend users but has nowhere to say that somebody is
    suspended_at TIMESTAMPTZ,
    -- a scheme other than these would run in the browser of whoever follows the link
    website TEXT CHECK (website ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    social_links JSONB DEFAULT '{}' CHECK (jsonb_typeof(social_links) = 'object'),
    email_verified BOOLEAN NOT NULL DEFAULT false,
    needs_username_setup BOOLEAN NOT NULL DEFAULT false,
    -- the application's own, beside setup_completed, which the required steps complete
    onboarding_completed BOOLEAN NOT NULL DEFAULT false,
    onboarding_step INTEGER CHECK (onboarding_step BETWEEN 0 AND 1000),
    -- below zero inside a statement, while a trigger of somebody's is counted before it
    follower_count INTEGER NOT NULL DEFAULT 0,
    following_count INTEGER NOT NULL DEFAULT 0,
    listings_count INTEGER NOT NULL DEFAULT 0,
    total_purchases INTEGER NOT NULL DEFAULT 0,
    language_preference VARCHAR(35) CHECK (language_preference ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'),
    privacy_settings JSONB DEFAULT '{}' CHECK (jsonb_typeof(privacy_settings) = 'object'),
    account_status TEXT NOT NULL GENERATED ALWAYS AS (
        CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN suspended_at IS NOT NULL THEN 'suspended' ELSE 'active' END
    ) STORED,
    -- NULL: until somebody ends it
    suspended_until TIMESTAMPTZ,
    CONSTRAINT profiles_suspended_until_check CHECK (suspended_until IS NULL OR suspended_at IS NOT NULL),
    -- the constraint carries the index's name: one index instead of two equal ones
    CONSTRAINT idx_profiles_username UNIQUE (username),
    -- two ways to say "admin" must not say different things, whichever of them a caller looks at
    CONSTRAINT profiles_admin_agrees_check CHECK ((is_admin IS TRUE) = (role IS NOT DISTINCT FROM 'admin'))
);

CREATE INDEX idx_profiles_email ON @extschema@.profiles (email);
CREATE INDEX idx_profiles_is_seller ON @extschema@.profiles (is_seller) WHERE is_seller = true;
CREATE INDEX idx_profiles_created_at ON @extschema@.profiles (created_at DESC);
CREATE INDEX idx_profiles_avatar_urls ON @extschema@.profiles USING gin (avatar_urls);
CREATE INDEX idx_profiles_cover_urls ON @extschema@.profiles USING gin (cover_urls);
-- of the best sellers
CREATE INDEX idx_profiles_total_sales ON @extschema@.profiles (total_sales DESC) WHERE total_sales > 0;
CREATE INDEX idx_profiles_brands ON @extschema@.profiles (total_sales DESC) WHERE account_type::text = 'brand';
-- what end_suspensions() looks for
CREATE INDEX idx_profiles_suspended_until ON @extschema@.profiles (suspended_until) WHERE suspended_until IS NOT NULL;
CREATE INDEX idx_profiles_role ON @extschema@.profiles (role) WHERE role != 'user';

CREATE TABLE @extschema@.auth_sessions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    refresh_token_hash TEXT NOT NULL,
    remember_me BOOLEAN DEFAULT false,
    user_agent TEXT,
    ip_address INET,
    expires_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_used_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_auth_sessions_user_id ON @extschema@.auth_sessions (user_id);
CREATE INDEX idx_auth_sessions_expires_at ON @extschema@.auth_sessions (expires_at);

CREATE TABLE @extschema@.auth_login_history (
    -- counts failed attempts too, which anybody can make
    id BIGSERIAL PRIMARY KEY,
    user_id UUID REFERENCES auth.users (id) ON DELETE CASCADE,
    login_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    ip_address INET,
    user_agent TEXT,
    success BOOLEAN DEFAULT true,
    failure_reason TEXT,
    -- what log_auth_event() answers: a number would tell how many sign-ins there are
    event_id UUID NOT NULL DEFAULT gen_random_uuid(),
    action VARCHAR(50) NOT NULL DEFAULT 'login' CHECK (btrim(action) <> ''),
    metadata JSONB NOT NULL DEFAULT '{}',
    -- by a client of the user's: that user's word, and not the authentication service's
    is_self_reported BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT auth_login_history_event_id_key UNIQUE (event_id)
);

CREATE INDEX idx_auth_login_history_user_id ON @extschema@.auth_login_history (user_id);
CREATE INDEX idx_auth_login_history_login_at ON @extschema@.auth_login_history (login_at DESC);

-- Not logged: it is written with each attempt, and after a crash the counts begin again. No index but the key's, or an update could not be HOT.
CREATE UNLOGGED TABLE @extschema@.rate_limits (
    key TEXT PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 400),
    tat TIMESTAMPTZ NOT NULL,
    blocked_until TIMESTAMPTZ
);

-- What set_rate_limit() has changed; the others are as private.built_in_rate_limits() says.
CREATE TABLE @extschema@.rate_limit_rules (
    action TEXT PRIMARY KEY,
    most INTEGER CONSTRAINT rate_limit_rules_most_check CHECK (most BETWEEN 1 AND 1000000),
    window_seconds INTEGER CONSTRAINT rate_limit_rules_window_seconds_check CHECK (window_seconds BETWEEN 1 AND 31622400),
    enabled BOOLEAN NOT NULL DEFAULT true
);

CREATE TABLE @extschema@.profile_setup_progress (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    step_name TEXT NOT NULL,
    completed BOOLEAN DEFAULT false,
    completed_at TIMESTAMPTZ,
    data JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- step first: with the user first it would repeat the index on user_id
    CONSTRAINT profile_setup_progress_user_id_step_name_key UNIQUE (step_name, user_id)
);

CREATE INDEX idx_profile_setup_progress_user_id ON @extschema@.profile_setup_progress (user_id);

CREATE TABLE @extschema@.brand_verification_requests (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    -- an approved one becomes the name of the profile
    brand_name TEXT NOT NULL CHECK (btrim(brand_name) <> ''),
    brand_category TEXT NOT NULL,
    business_registration_number TEXT,
    tax_id TEXT,
    documents JSONB DEFAULT '[]',
    social_media_accounts JSONB DEFAULT '{}',
    -- IS NOT NULL here and below: IN alone lets an explicit NULL through, and no queue would ever show such a row
    verification_status TEXT NOT NULL DEFAULT 'pending' CHECK (
        verification_status IN ('pending', 'approved', 'rejected', 'more_info_needed')
    ),
    admin_notes TEXT,
    -- the review outlives the reviewer's account
    reviewed_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
    reviewed_at TIMESTAMPTZ,
    submitted_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- what an approval is of: applicants may change a request until it is decided
    revision INTEGER NOT NULL DEFAULT 1,
    reviewed_revision INTEGER
);

CREATE INDEX idx_brand_verification_status ON @extschema@.brand_verification_requests (verification_status);
CREATE INDEX idx_brand_verification_requests_user_id ON @extschema@.brand_verification_requests (user_id);
CREATE INDEX idx_brand_verification_requests_reviewed_by ON @extschema@.brand_verification_requests (reviewed_by)
    WHERE reviewed_by IS NOT NULL;

CREATE TABLE @extschema@.social_media_accounts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    platform TEXT NOT NULL CHECK (
        platform IN ('instagram', 'tiktok', 'facebook', 'twitter', 'youtube', 'pinterest', 'website')
    ),
    username TEXT NOT NULL,
    url TEXT,
    is_verified BOOLEAN DEFAULT false,
    verification_data JSONB,
    followers_count INTEGER CHECK (followers_count >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- platform first: with the user first it would repeat the index on user_id
    CONSTRAINT social_media_accounts_user_id_platform_key UNIQUE (platform, user_id)
);

CREATE INDEX idx_social_media_user_id ON @extschema@.social_media_accounts (user_id);

CREATE TABLE @extschema@.user_stats_summary (
    user_id UUID PRIMARY KEY REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    total_sales INTEGER NOT NULL DEFAULT 0,
    total_purchases INTEGER NOT NULL DEFAULT 0,
    -- What is counted may be below zero inside a statement, while a trigger of somebody's is counted before it.
    total_spent DECIMAL(14,2) NOT NULL DEFAULT 0 CHECK (total_spent < 'NaN'),
    total_earned DECIMAL(14,2) NOT NULL DEFAULT 0 CHECK (total_earned < 'NaN'),
    average_rating DECIMAL(3,2) CHECK (average_rating BETWEEN 0 AND 5),
    total_ratings INTEGER NOT NULL DEFAULT 0,
    follower_count INTEGER NOT NULL DEFAULT 0,
    following_count INTEGER NOT NULL DEFAULT 0,
    response_rate DECIMAL(5,2) CHECK (response_rate BETWEEN 0 AND 100),
    response_time_hours DECIMAL(5,2) CHECK (response_time_hours >= 0 AND response_time_hours < 'NaN'),
    ship_time_hours DECIMAL(5,2) CHECK (ship_time_hours >= 0 AND ship_time_hours < 'NaN'),
    last_active_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- what the averages are made of: a new rating is added, and not all of them counted anew
    rating_points BIGINT NOT NULL DEFAULT 0,
    seller_rating_points BIGINT NOT NULL DEFAULT 0
);

-- The reference has achievement_type but nowhere to keep an achievement.
CREATE TABLE @extschema@.user_achievements (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    achievement @extschema@.achievement_type NOT NULL,
    earned_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    metadata JSONB DEFAULT '{}',
    -- the row stays, so that what was earned once is not told twice
    lost_at TIMESTAMPTZ,
    failing_since TIMESTAMPTZ,
    CONSTRAINT user_achievements_user_id_achievement_key UNIQUE (achievement, user_id)
);

CREATE INDEX idx_user_achievements_user_id ON @extschema@.user_achievements (user_id);

-- The public page of a brand. What it is called, and whether it is verified, is the profile's.
CREATE TABLE @extschema@.brand_profiles (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    -- a copy of profiles.brand_name, which keep_brand_name() keeps true
    brand_name VARCHAR(100),
    brand_slug VARCHAR(100) NOT NULL CHECK (brand_slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    brand_description TEXT,
    brand_story TEXT,
    brand_values TEXT,
    brand_mission TEXT,
    brand_logo_url TEXT,
    brand_cover_url TEXT,
    -- as profiles.website
    website_url TEXT CHECK (website_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    instagram_url TEXT CHECK (instagram_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    facebook_url TEXT CHECK (facebook_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    twitter_url TEXT CHECK (twitter_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    youtube_url TEXT CHECK (youtube_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    tiktok_url TEXT CHECK (tiktok_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'),
    social_links JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(social_links) = 'object'),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT brand_profiles_user_id_key UNIQUE (user_id),
    CONSTRAINT idx_brand_profiles_brand_slug UNIQUE (brand_slug)
);

-- What a person hands in to prove something: the file is in a file store.
CREATE TABLE @extschema@.documents (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    type VARCHAR(50) NOT NULL CHECK (
        type::text IN ('id_verification', 'business_license', 'tax_certificate', 'bank_statement', 'utility_bill', 'other')
    ),
    name VARCHAR(255) NOT NULL CHECK (btrim(name) <> ''),
    url TEXT NOT NULL CHECK (btrim(url) <> ''),
    mime_type VARCHAR(255),
    size BIGINT CHECK (size >= 0),
    status VARCHAR(20) NOT NULL DEFAULT 'pending' CHECK (status::text IN ('pending', 'verified', 'rejected')),
    verified_at TIMESTAMPTZ,
    -- the decision outlives the account of who made it
    verified_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    rejection_reason TEXT,
    metadata JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_documents_user_id ON @extschema@.documents (user_id);
CREATE INDEX idx_documents_status ON @extschema@.documents (status);
CREATE INDEX idx_documents_verified_by ON @extschema@.documents (verified_by) WHERE verified_by IS NOT NULL;
