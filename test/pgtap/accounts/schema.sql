-- The contract of the schema, accounts: profiles, sign-ins, onboarding, brand verification, reputation.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(60);

SELECT is(tests.labels_of('user_role'),
    'user, admin, moderator',
    'user_role has its labels in order');
SELECT is(tests.labels_of('achievement_type'),
    'first_sale, power_seller, top_rated, verified_seller, social_butterfly, quick_shipper, loyal_customer, trendsetter',
    'achievement_type has its labels in order');

-- profiles
SELECT is(tests.columns_of('profiles'), $$
id uuid NOT NULL
email character varying(255)
username character varying(30) NOT NULL
full_name character varying(100)
bio text
avatar_url text
cover_url text
avatar_urls jsonb
cover_urls jsonb
phone character varying(20)
date_of_birth date
gender character varying(20)
location jsonb DEFAULT '{}'::jsonb
is_seller boolean DEFAULT false
is_verified boolean DEFAULT false
is_admin boolean DEFAULT false
role user_role DEFAULT 'user'::user_role
account_type character varying(20) DEFAULT 'personal'::character varying
brand_name character varying(100)
brand_description text
brand_logo_url text
brand_size character varying(20)
badges text[] DEFAULT '{}'::text[]
total_sales integer NOT NULL DEFAULT 0
seller_rating numeric(3,2)
seller_rating_count integer NOT NULL DEFAULT 0
setup_completed boolean DEFAULT false
setup_started_at timestamp with time zone
setup_completed_at timestamp with time zone
avatar_style character varying(50) DEFAULT 'avataaars'::character varying
avatar_seed text
custom_avatar_url text
stripe_customer_id character varying(255)
stripe_account_id character varying(255)
settings jsonb DEFAULT '{}'::jsonb
preferences jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
deleted_at timestamp with time zone
metadata jsonb DEFAULT '{}'::jsonb
suspended_at timestamp with time zone
website text
social_links jsonb DEFAULT '{}'::jsonb
email_verified boolean NOT NULL DEFAULT false
needs_username_setup boolean NOT NULL DEFAULT false
onboarding_completed boolean NOT NULL DEFAULT false
onboarding_step integer
follower_count integer NOT NULL DEFAULT 0
following_count integer NOT NULL DEFAULT 0
listings_count integer NOT NULL DEFAULT 0
total_purchases integer NOT NULL DEFAULT 0
language_preference character varying(35)
privacy_settings jsonb DEFAULT '{}'::jsonb
account_status text NOT NULL GENERATED DEFAULT 
CASE
    WHEN (deleted_at IS NOT NULL) THEN 'deleted'::text
    WHEN (suspended_at IS NOT NULL) THEN 'suspended'::text
    ELSE 'active'::text
END
suspended_until timestamp with time zone
$$, 'profiles has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('profiles'), $$
idx_profiles_username UNIQUE (username)
profiles_account_type_check CHECK (((account_type)::text = ANY (ARRAY['personal'::text, 'brand'::text])))
profiles_admin_agrees_check CHECK (((is_admin IS TRUE) = (NOT (role IS DISTINCT FROM 'admin'::user_role))))
profiles_brand_size_check CHECK (((brand_size)::text = ANY (ARRAY['individual'::text, 'small'::text, 'medium'::text, 'large'::text, 'enterprise'::text])))
profiles_id_fkey FOREIGN KEY (id) REFERENCES auth.users(id) ON DELETE CASCADE
profiles_language_preference_check CHECK (((language_preference)::text ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'::text))
profiles_onboarding_step_check CHECK (((onboarding_step >= 0) AND (onboarding_step <= 1000)))
profiles_pkey PRIMARY KEY (id)
profiles_privacy_settings_check CHECK ((jsonb_typeof(privacy_settings) = 'object'::text))
profiles_seller_rating_check CHECK (((seller_rating >= (0)::numeric) AND (seller_rating <= (5)::numeric)))
profiles_social_links_check CHECK ((jsonb_typeof(social_links) = 'object'::text))
profiles_suspended_until_check CHECK (((suspended_until IS NULL) OR (suspended_at IS NOT NULL)))
profiles_username_check CHECK (((username)::text ~ '^[a-z0-9._]{3,30}$'::text))
profiles_website_check CHECK ((website ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
$$, 'profiles has its constraints');
SELECT is(tests.indexes_of('profiles'), $$
idx_profiles_avatar_urls USING gin (avatar_urls)
idx_profiles_brands USING btree (total_sales DESC) WHERE ((account_type)::text = 'brand'::text)
idx_profiles_cover_urls USING gin (cover_urls)
idx_profiles_created_at USING btree (created_at DESC)
idx_profiles_email USING btree (email)
idx_profiles_is_seller USING btree (is_seller) WHERE (is_seller = true)
idx_profiles_role USING btree (role) WHERE (role <> 'user'::user_role)
idx_profiles_suspended_until USING btree (suspended_until) WHERE (suspended_until IS NOT NULL)
idx_profiles_total_sales USING btree (total_sales DESC) WHERE (total_sales > 0)
$$, 'profiles has its indexes');
SELECT is(tests.triggers_of('profiles'), $$
check_sizes BEFORE UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION private.check_sizes('bio', '10000', 'avatar_url', '2048', 'cover_url', '2048', 'avatar_urls', '16384', 'cover_urls', '16384', 'location', '16384', 'brand_description', '20000', 'avatar_seed', '2048', 'custom_avatar_url', '2048', 'settings', '65536', 'preferences', '65536', 'website', '2048', 'social_links', '16384', 'privacy_settings', '16384')
copy_brand_name AFTER UPDATE ON profiles FOR EACH ROW WHEN (old.brand_name::text IS DISTINCT FROM new.brand_name::text) EXECUTE FUNCTION private.copy_brand_name()
forget_person AFTER DELETE ON profiles FOR EACH ROW EXECUTE FUNCTION private.forget_person()
guard_profile BEFORE UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION private.guard_profile()
record_new_user_event AFTER INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('user.created')
record_removed_user_event AFTER DELETE ON profiles FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('user.deleted')
record_user_event AFTER UPDATE ON profiles FOR EACH ROW WHEN (old.account_status IS DISTINCT FROM new.account_status) EXECUTE FUNCTION private.record_event_of_row('user', 'account_status')
update_profiles_updated_at BEFORE UPDATE ON profiles FOR EACH ROW WHEN (NOT new.total_sales IS DISTINCT FROM old.total_sales AND NOT new.seller_rating IS DISTINCT FROM old.seller_rating AND NOT new.seller_rating_count IS DISTINCT FROM old.seller_rating_count AND NOT new.follower_count IS DISTINCT FROM old.follower_count AND NOT new.following_count IS DISTINCT FROM old.following_count AND NOT new.listings_count IS DISTINCT FROM old.listings_count AND NOT new.total_purchases IS DISTINCT FROM old.total_purchases) EXECUTE FUNCTION update_updated_at_column()
$$, 'profiles has its triggers');
SELECT is(tests.policies_of('profiles'), $$
"Anyone can view profiles" SELECT TO anon
"Signed-in users can view profiles" SELECT TO authenticated
"Users can insert own profile" INSERT TO authenticated
"Users can update own profile" UPDATE TO authenticated
$$, 'profiles has its policies');

-- auth_sessions
SELECT is(tests.columns_of('auth_sessions'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
refresh_token_hash text NOT NULL
remember_me boolean DEFAULT false
user_agent text
ip_address inet
expires_at timestamp with time zone NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
last_used_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'auth_sessions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('auth_sessions'), $$
auth_sessions_pkey PRIMARY KEY (id)
auth_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
$$, 'auth_sessions has its constraints');
SELECT is(tests.indexes_of('auth_sessions'), $$
idx_auth_sessions_expires_at USING btree (expires_at)
idx_auth_sessions_user_id USING btree (user_id)
$$, 'auth_sessions has its indexes');
SELECT is(tests.triggers_of('auth_sessions'), E'\n', 'auth_sessions has no triggers');
SELECT is(tests.policies_of('auth_sessions'), $$
"Users can view own sessions" SELECT TO authenticated
$$, 'auth_sessions has its policies');

-- auth_login_history
SELECT is(tests.columns_of('auth_login_history'), $$
id bigint NOT NULL DEFAULT nextval('auth_login_history_id_seq'::regclass)
user_id uuid
login_at timestamp with time zone NOT NULL DEFAULT now()
ip_address inet
user_agent text
success boolean DEFAULT true
failure_reason text
event_id uuid NOT NULL DEFAULT gen_random_uuid()
action character varying(50) NOT NULL DEFAULT 'login'::character varying
metadata jsonb NOT NULL DEFAULT '{}'::jsonb
is_self_reported boolean NOT NULL DEFAULT false
$$, 'auth_login_history has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('auth_login_history'), $$
auth_login_history_action_check CHECK ((btrim((action)::text) <> ''::text))
auth_login_history_event_id_key UNIQUE (event_id)
auth_login_history_pkey PRIMARY KEY (id)
auth_login_history_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
$$, 'auth_login_history has its constraints');
SELECT is(tests.indexes_of('auth_login_history'), $$
idx_auth_login_history_login_at USING btree (login_at DESC)
idx_auth_login_history_user_id USING btree (user_id)
$$, 'auth_login_history has its indexes');
SELECT is(tests.triggers_of('auth_login_history'), E'\n', 'auth_login_history has no triggers');
SELECT is(tests.policies_of('auth_login_history'), $$
"Users can view own login history" SELECT TO authenticated
$$, 'auth_login_history has its policies');

-- rate_limits
SELECT is(tests.columns_of('rate_limits'), $$
key text NOT NULL
tat timestamp with time zone NOT NULL
blocked_until timestamp with time zone
$$, 'rate_limits has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('rate_limits'), $$
rate_limits_key_check CHECK (((length(key) >= 1) AND (length(key) <= 400)))
rate_limits_pkey PRIMARY KEY (key)
$$, 'rate_limits has its constraints');
SELECT is(tests.indexes_of('rate_limits'), E'\n', 'rate_limits has no index but its key');
SELECT is(tests.policies_of('rate_limits'), $$
"Service role only" ALL TO anon, authenticated
$$, 'rate_limits has its policies');
SELECT is((SELECT relpersistence FROM pg_class WHERE oid = to_regclass('rate_limits')), 'u', 'rate_limits is not logged');

-- rate_limit_rules
SELECT is(tests.columns_of('rate_limit_rules'), $$
action text NOT NULL
most integer
window_seconds integer
enabled boolean NOT NULL DEFAULT true
$$, 'rate_limit_rules has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('rate_limit_rules'), $$
rate_limit_rules_most_check CHECK (((most >= 1) AND (most <= 1000000)))
rate_limit_rules_pkey PRIMARY KEY (action)
rate_limit_rules_window_seconds_check CHECK (((window_seconds >= 1) AND (window_seconds <= 31622400)))
$$, 'rate_limit_rules has its constraints');
SELECT is(tests.policies_of('rate_limit_rules'), $$
"Service role only" ALL TO anon, authenticated
$$, 'rate_limit_rules has its policies');

-- profile_setup_progress
SELECT is(tests.columns_of('profile_setup_progress'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
step_name text NOT NULL
completed boolean DEFAULT false
completed_at timestamp with time zone
data jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'profile_setup_progress has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('profile_setup_progress'), $$
profile_setup_progress_pkey PRIMARY KEY (id)
profile_setup_progress_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
profile_setup_progress_user_id_step_name_key UNIQUE (step_name, user_id)
$$, 'profile_setup_progress has its constraints');
SELECT is(tests.indexes_of('profile_setup_progress'), $$
idx_profile_setup_progress_user_id USING btree (user_id)
$$, 'profile_setup_progress has its indexes');
SELECT is(tests.triggers_of('profile_setup_progress'), $$
check_sizes BEFORE INSERT OR UPDATE ON profile_setup_progress FOR EACH ROW EXECUTE FUNCTION private.check_sizes('step_name', '100', 'data', '65536')
trigger_update_setup_completion AFTER INSERT OR UPDATE ON profile_setup_progress FOR EACH ROW EXECUTE FUNCTION update_setup_completion()
update_profile_setup_progress_updated_at BEFORE UPDATE ON profile_setup_progress FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'profile_setup_progress has its triggers');
SELECT is(tests.policies_of('profile_setup_progress'), $$
"Users can insert own setup progress" INSERT TO authenticated
"Users can update own setup progress" UPDATE TO authenticated
"Users can view own setup progress" SELECT TO authenticated
$$, 'profile_setup_progress has its policies');

-- brand_verification_requests
SELECT is(tests.columns_of('brand_verification_requests'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
brand_name text NOT NULL
brand_category text NOT NULL
business_registration_number text
tax_id text
documents jsonb DEFAULT '[]'::jsonb
social_media_accounts jsonb DEFAULT '{}'::jsonb
verification_status text NOT NULL DEFAULT 'pending'::text
admin_notes text
reviewed_by uuid
reviewed_at timestamp with time zone
submitted_at timestamp with time zone NOT NULL DEFAULT now()
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
revision integer NOT NULL DEFAULT 1
reviewed_revision integer
$$, 'brand_verification_requests has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('brand_verification_requests'), $$
brand_verification_requests_brand_name_check CHECK ((btrim(brand_name) <> ''::text))
brand_verification_requests_pkey PRIMARY KEY (id)
brand_verification_requests_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES auth.users(id) ON DELETE SET NULL
brand_verification_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
brand_verification_requests_verification_status_check CHECK ((verification_status = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'more_info_needed'::text])))
$$, 'brand_verification_requests has its constraints');
SELECT is(tests.indexes_of('brand_verification_requests'), $$
idx_brand_verification_requests_reviewed_by USING btree (reviewed_by) WHERE (reviewed_by IS NOT NULL)
idx_brand_verification_requests_user_id USING btree (user_id)
idx_brand_verification_status USING btree (verification_status)
$$, 'brand_verification_requests has its indexes');
SELECT is(tests.triggers_of('brand_verification_requests'), $$
check_sizes BEFORE INSERT OR UPDATE ON brand_verification_requests FOR EACH ROW EXECUTE FUNCTION private.check_sizes('brand_name', '400', 'brand_category', '400', 'business_registration_number', '400', 'tax_id', '400', 'documents', '65536', 'social_media_accounts', '16384', 'admin_notes', '20000')
guard_brand_request BEFORE UPDATE ON brand_verification_requests FOR EACH ROW EXECUTE FUNCTION private.guard_brand_request()
record_brand_event AFTER UPDATE ON brand_verification_requests FOR EACH ROW WHEN (old.verification_status IS DISTINCT FROM new.verification_status) EXECUTE FUNCTION private.record_event_of_row('brand', 'verification_status')
record_brand_review AFTER UPDATE ON brand_verification_requests FOR EACH ROW WHEN (old.verification_status IS DISTINCT FROM new.verification_status) EXECUTE FUNCTION private.record_brand_review()
update_brand_verification_requests_updated_at BEFORE UPDATE ON brand_verification_requests FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'brand_verification_requests has its triggers');
SELECT is(tests.policies_of('brand_verification_requests'), $$
"Admins can update any brand request" UPDATE TO authenticated (restrictive)
"Applicants and admins can change brand requests" UPDATE TO authenticated
"Users can create brand requests" INSERT TO authenticated
"Users can update own pending requests" UPDATE TO authenticated (restrictive)
"Users can view own brand requests" SELECT TO authenticated
$$, 'brand_verification_requests has its policies');

-- social_media_accounts
SELECT is(tests.columns_of('social_media_accounts'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
platform text NOT NULL
username text NOT NULL
url text
is_verified boolean DEFAULT false
verification_data jsonb
followers_count integer
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'social_media_accounts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('social_media_accounts'), $$
social_media_accounts_followers_count_check CHECK ((followers_count >= 0))
social_media_accounts_pkey PRIMARY KEY (id)
social_media_accounts_platform_check CHECK ((platform = ANY (ARRAY['instagram'::text, 'tiktok'::text, 'facebook'::text, 'twitter'::text, 'youtube'::text, 'pinterest'::text, 'website'::text])))
social_media_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE
social_media_accounts_user_id_platform_key UNIQUE (platform, user_id)
$$, 'social_media_accounts has its constraints');
SELECT is(tests.indexes_of('social_media_accounts'), $$
idx_social_media_user_id USING btree (user_id)
$$, 'social_media_accounts has its indexes');
SELECT is(tests.triggers_of('social_media_accounts'), $$
check_sizes BEFORE INSERT OR UPDATE ON social_media_accounts FOR EACH ROW EXECUTE FUNCTION private.check_sizes('username', '400', 'url', '2048')
guard_social_account BEFORE UPDATE ON social_media_accounts FOR EACH ROW EXECUTE FUNCTION private.guard_social_account()
update_social_media_accounts_updated_at BEFORE UPDATE ON social_media_accounts FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'social_media_accounts has its triggers');
SELECT is(tests.policies_of('social_media_accounts'), $$
"Users can manage own social accounts" INSERT TO authenticated
"Users can remove own social accounts" DELETE TO authenticated
"Users can update own social accounts" UPDATE TO authenticated
"Users can view social media accounts" SELECT TO anon, authenticated
$$, 'social_media_accounts has its policies');

-- user_stats_summary
SELECT is(tests.columns_of('user_stats_summary'), $$
user_id uuid NOT NULL
total_sales integer NOT NULL DEFAULT 0
total_purchases integer NOT NULL DEFAULT 0
total_spent numeric(14,2) NOT NULL DEFAULT 0
total_earned numeric(14,2) NOT NULL DEFAULT 0
average_rating numeric(3,2)
total_ratings integer NOT NULL DEFAULT 0
follower_count integer NOT NULL DEFAULT 0
following_count integer NOT NULL DEFAULT 0
response_rate numeric(5,2)
response_time_hours numeric(5,2)
ship_time_hours numeric(5,2)
last_active_at timestamp with time zone
updated_at timestamp with time zone NOT NULL DEFAULT now()
rating_points bigint NOT NULL DEFAULT 0
seller_rating_points bigint NOT NULL DEFAULT 0
$$, 'user_stats_summary has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('user_stats_summary'), $$
user_stats_summary_average_rating_check CHECK (((average_rating >= (0)::numeric) AND (average_rating <= (5)::numeric)))
user_stats_summary_pkey PRIMARY KEY (user_id)
user_stats_summary_response_rate_check CHECK (((response_rate >= (0)::numeric) AND (response_rate <= (100)::numeric)))
user_stats_summary_response_time_hours_check CHECK (((response_time_hours >= (0)::numeric) AND (response_time_hours < 'NaN'::numeric)))
user_stats_summary_ship_time_hours_check CHECK (((ship_time_hours >= (0)::numeric) AND (ship_time_hours < 'NaN'::numeric)))
user_stats_summary_total_earned_check CHECK ((total_earned < 'NaN'::numeric))
user_stats_summary_total_spent_check CHECK ((total_spent < 'NaN'::numeric))
user_stats_summary_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'user_stats_summary has its constraints');
SELECT is(tests.indexes_of('user_stats_summary'), E'\n', 'user_stats_summary has no indexes but its constraints''');
SELECT is(tests.triggers_of('user_stats_summary'), E'\n', 'user_stats_summary has no triggers');
SELECT is(tests.policies_of('user_stats_summary'), $$
"Users can view own statistics" SELECT TO authenticated
$$, 'user_stats_summary has its policies');

-- user_achievements
SELECT is(tests.columns_of('user_achievements'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
achievement achievement_type NOT NULL
earned_at timestamp with time zone NOT NULL DEFAULT now()
metadata jsonb DEFAULT '{}'::jsonb
lost_at timestamp with time zone
failing_since timestamp with time zone
$$, 'user_achievements has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('user_achievements'), $$
user_achievements_pkey PRIMARY KEY (id)
user_achievements_user_id_achievement_key UNIQUE (achievement, user_id)
user_achievements_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'user_achievements has its constraints');
SELECT is(tests.indexes_of('user_achievements'), $$
idx_user_achievements_user_id USING btree (user_id)
$$, 'user_achievements has its indexes');
SELECT is(tests.triggers_of('user_achievements'), $$
keep_badges AFTER INSERT OR DELETE OR UPDATE ON user_achievements FOR EACH ROW EXECUTE FUNCTION private.keep_badges()
$$, 'user_achievements has its triggers');
SELECT is(tests.policies_of('user_achievements'), $$
"Users can view own achievements" SELECT TO authenticated
$$, 'user_achievements has its policies');

-- brand_profiles
SELECT is(tests.columns_of('brand_profiles'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
brand_name character varying(100)
brand_slug character varying(100) NOT NULL
brand_description text
brand_story text
brand_values text
brand_mission text
brand_logo_url text
brand_cover_url text
website_url text
instagram_url text
facebook_url text
twitter_url text
youtube_url text
tiktok_url text
social_links jsonb NOT NULL DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'brand_profiles has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('brand_profiles'), $$
brand_profiles_brand_slug_check CHECK (((brand_slug)::text ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text))
brand_profiles_facebook_url_check CHECK ((facebook_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
brand_profiles_instagram_url_check CHECK ((instagram_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
brand_profiles_pkey PRIMARY KEY (id)
brand_profiles_social_links_check CHECK ((jsonb_typeof(social_links) = 'object'::text))
brand_profiles_tiktok_url_check CHECK ((tiktok_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
brand_profiles_twitter_url_check CHECK ((twitter_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
brand_profiles_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
brand_profiles_user_id_key UNIQUE (user_id)
brand_profiles_website_url_check CHECK ((website_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
brand_profiles_youtube_url_check CHECK ((youtube_url ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$'::text))
idx_brand_profiles_brand_slug UNIQUE (brand_slug)
$$, 'brand_profiles has its constraints');
SELECT is(tests.indexes_of('brand_profiles'), E'\n', 'brand_profiles has no indexes but its constraints''');
SELECT is(tests.triggers_of('brand_profiles'), $$
check_sizes BEFORE INSERT OR UPDATE ON brand_profiles FOR EACH ROW EXECUTE FUNCTION private.check_sizes('brand_description', '20000', 'brand_story', '20000', 'brand_values', '20000', 'brand_mission', '20000', 'brand_logo_url', '2048', 'brand_cover_url', '2048', 'website_url', '2048', 'instagram_url', '2048', 'facebook_url', '2048', 'twitter_url', '2048', 'youtube_url', '2048', 'tiktok_url', '2048', 'social_links', '16384')
find_brand_name BEFORE INSERT ON brand_profiles FOR EACH ROW WHEN (new.brand_name IS NULL) EXECUTE FUNCTION private.keep_brand_name()
keep_brand_name AFTER INSERT OR UPDATE ON brand_profiles FOR EACH ROW EXECUTE FUNCTION private.keep_brand_name()
update_brand_profiles_updated_at BEFORE UPDATE ON brand_profiles FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'brand_profiles has its triggers');
SELECT is(tests.policies_of('brand_profiles'), $$
"Anyone can view brand pages" SELECT TO anon, authenticated
"Users can create own brand page" INSERT TO authenticated
"Users can remove own brand page" DELETE TO authenticated
"Users can update own brand page" UPDATE TO authenticated
$$, 'brand_profiles has its policies');

-- documents
SELECT is(tests.columns_of('documents'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
type character varying(50) NOT NULL
name character varying(255) NOT NULL
url text NOT NULL
mime_type character varying(255)
size bigint
status character varying(20) NOT NULL DEFAULT 'pending'::character varying
verified_at timestamp with time zone
verified_by uuid
rejection_reason text
metadata jsonb NOT NULL DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'documents has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('documents'), $$
documents_name_check CHECK ((btrim((name)::text) <> ''::text))
documents_pkey PRIMARY KEY (id)
documents_size_check CHECK ((size >= 0))
documents_status_check CHECK (((status)::text = ANY (ARRAY['pending'::text, 'verified'::text, 'rejected'::text])))
documents_type_check CHECK (((type)::text = ANY (ARRAY['id_verification'::text, 'business_license'::text, 'tax_certificate'::text, 'bank_statement'::text, 'utility_bill'::text, 'other'::text])))
documents_url_check CHECK ((btrim(url) <> ''::text))
documents_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
documents_verified_by_fkey FOREIGN KEY (verified_by) REFERENCES profiles(id) ON DELETE SET NULL
$$, 'documents has its constraints');
SELECT is(tests.indexes_of('documents'), $$
idx_documents_status USING btree (status)
idx_documents_user_id USING btree (user_id)
idx_documents_verified_by USING btree (verified_by) WHERE (verified_by IS NOT NULL)
$$, 'documents has its indexes');
SELECT is(tests.triggers_of('documents'), $$
check_sizes BEFORE INSERT OR UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION private.check_sizes('url', '2048')
update_documents_updated_at BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'documents has its triggers');
SELECT is(tests.policies_of('documents'), $$
"Users can hand in documents" INSERT TO authenticated
"Users can remove own documents" DELETE TO authenticated
"Users can view own documents" SELECT TO authenticated
$$, 'documents has its policies');

SELECT * FROM finish();
ROLLBACK;
