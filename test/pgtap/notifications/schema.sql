-- The contract of the schema, notifications: settings, texts, devices, what goes out.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(24);

-- notification_settings
SELECT is(tests.columns_of('notification_settings'), $$
user_id uuid NOT NULL
locale character varying(35)
timezone text NOT NULL DEFAULT 'UTC'::text
digest text NOT NULL DEFAULT 'off'::text
quiet_from text
quiet_to text
email_at timestamp with time zone
marketing boolean NOT NULL DEFAULT false
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'notification_settings has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notification_settings'), $$
notification_settings_digest_check CHECK ((digest = ANY (ARRAY['off'::text, 'daily'::text, 'weekly'::text])))
notification_settings_locale_check CHECK (((locale)::text ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'::text))
notification_settings_pkey PRIMARY KEY (user_id)
notification_settings_quiet_from_check CHECK ((quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'::text))
notification_settings_quiet_hours_check CHECK ((((quiet_from IS NULL) = (quiet_to IS NULL)) AND (quiet_from <> quiet_to)))
notification_settings_quiet_to_check CHECK ((quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'::text))
notification_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'notification_settings has its constraints');
SELECT is(tests.indexes_of('notification_settings'), $$
idx_notification_settings_marketing USING btree (user_id) WHERE marketing
$$, 'notification_settings has its indexes');
SELECT is(tests.triggers_of('notification_settings'), $$
update_notification_settings_updated_at BEFORE UPDATE ON notification_settings FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'notification_settings has its triggers');
SELECT is(tests.policies_of('notification_settings'), $$
"Users can view own notification settings" SELECT TO authenticated
$$, 'notification_settings has its policies');

-- notification_templates
SELECT is(tests.columns_of('notification_templates'), $$
type notification_type NOT NULL
variant text NOT NULL DEFAULT ''::text
locale character varying(35) NOT NULL
channel notification_channel NOT NULL DEFAULT 'in_app'::notification_channel
title text NOT NULL
body text NOT NULL
$$, 'notification_templates has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notification_templates'), $$
notification_templates_body_check CHECK ((length(body) <= 10000))
notification_templates_locale_check CHECK (((locale)::text ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'::text))
notification_templates_pkey PRIMARY KEY (type, locale, channel, variant)
notification_templates_title_check CHECK (((length(title) >= 1) AND (length(title) <= 500)))
notification_templates_variant_check CHECK ((variant ~ '^[a-z_]{0,40}$'::text))
$$, 'notification_templates has its constraints');
SELECT is(tests.policies_of('notification_templates'), $$
"Service role only" ALL TO anon, authenticated
$$, 'notification_templates has its policies');

-- push_tokens
SELECT is(tests.columns_of('push_tokens'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
token text NOT NULL
platform text NOT NULL
seen_at timestamp with time zone NOT NULL DEFAULT now()
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'push_tokens has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('push_tokens'), $$
push_tokens_pkey PRIMARY KEY (id)
push_tokens_platform_check CHECK ((platform = ANY (ARRAY['ios'::text, 'android'::text, 'web'::text])))
push_tokens_token_check CHECK (((length(token) >= 1) AND (length(token) <= 4096)))
push_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'push_tokens has its constraints');
SELECT is(tests.indexes_of('push_tokens'), $$
idx_push_tokens_token UNIQUE USING btree (md5(token))
idx_push_tokens_user_id USING btree (user_id)
$$, 'push_tokens has its indexes');
SELECT is(tests.policies_of('push_tokens'), $$
"Service role only" ALL TO anon, authenticated
$$, 'push_tokens has its policies');

-- notification_deliveries
SELECT is(tests.columns_of('notification_deliveries'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
notification_id uuid
user_id uuid
channel notification_channel NOT NULL
push_token_id uuid
in_digest boolean NOT NULL DEFAULT false
digest_id uuid
status text NOT NULL DEFAULT 'pending'::text
attempts integer NOT NULL DEFAULT 0
next_attempt_at timestamp with time zone NOT NULL DEFAULT now()
last_error text
provider_id text
created_at timestamp with time zone NOT NULL DEFAULT now()
settled_at timestamp with time zone
report_id uuid
decision_id uuid
$$, 'notification_deliveries has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notification_deliveries'), $$
notification_deliveries_attempts_check CHECK ((attempts >= 0))
notification_deliveries_channel_check CHECK ((channel <> 'in_app'::notification_channel))
notification_deliveries_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES report_decisions(id) ON DELETE CASCADE
notification_deliveries_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES notification_deliveries(id) ON DELETE CASCADE
notification_deliveries_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES notifications(id) ON DELETE CASCADE
notification_deliveries_pkey PRIMARY KEY (id)
notification_deliveries_push_has_token_check CHECK (((channel = 'push'::notification_channel) = (push_token_id IS NOT NULL)))
notification_deliveries_push_token_id_fkey FOREIGN KEY (push_token_id) REFERENCES push_tokens(id) ON DELETE CASCADE
notification_deliveries_report_id_fkey FOREIGN KEY (report_id) REFERENCES reports(id) ON DELETE CASCADE
notification_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'skipped'::text, 'dead'::text])))
notification_deliveries_to_whom_check CHECK ((((notification_id IS NULL) = (user_id IS NULL)) AND ((notification_id IS NULL) = (report_id IS NOT NULL)) AND ((decision_id IS NULL) OR (report_id IS NOT NULL)) AND ((report_id IS NULL) OR (channel = 'email'::notification_channel))))
notification_deliveries_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'notification_deliveries has its constraints');
SELECT is(tests.indexes_of('notification_deliveries'), $$
idx_notification_deliveries_decision_id USING btree (decision_id) WHERE (decision_id IS NOT NULL)
idx_notification_deliveries_digest_id USING btree (digest_id) WHERE (digest_id IS NOT NULL)
idx_notification_deliveries_due USING btree (channel, next_attempt_at) WHERE ((status = ANY (ARRAY['pending'::text, 'failed'::text])) AND (digest_id IS NULL))
idx_notification_deliveries_notification_id USING btree (notification_id)
idx_notification_deliveries_once UNIQUE USING btree (report_id, decision_id) NULLS NOT DISTINCT WHERE (report_id IS NOT NULL)
idx_notification_deliveries_push_token_id USING btree (push_token_id) WHERE (push_token_id IS NOT NULL)
idx_notification_deliveries_report_id USING btree (report_id) WHERE (report_id IS NOT NULL)
idx_notification_deliveries_settled_at USING btree (settled_at) WHERE (settled_at IS NOT NULL)
idx_notification_deliveries_user_id USING btree (user_id)
$$, 'notification_deliveries has its indexes');
SELECT is(tests.policies_of('notification_deliveries'), $$
"Service role only" ALL TO anon, authenticated
$$, 'notification_deliveries has its policies');

-- notification_marks
SELECT is(tests.columns_of('notification_marks'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
actor_id uuid NOT NULL
type notification_type NOT NULL
listing_id uuid
price numeric(10,2)
told_at timestamp with time zone
notification_id uuid
is_counted boolean NOT NULL DEFAULT false
$$, 'notification_marks has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notification_marks'), $$
notification_marks_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES profiles(id) ON DELETE CASCADE
notification_marks_actor_id_listing_id_user_id_type_price_key UNIQUE NULLS NOT DISTINCT (actor_id, listing_id, user_id, type, price)
notification_marks_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
notification_marks_pkey PRIMARY KEY (id)
notification_marks_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'notification_marks has its constraints');
SELECT is(tests.indexes_of('notification_marks'), $$
idx_notification_marks_actor_id USING btree (actor_id)
idx_notification_marks_listing_id USING btree (listing_id) WHERE (listing_id IS NOT NULL)
idx_notification_marks_user_id USING btree (user_id)
$$, 'notification_marks has its indexes');
SELECT is(tests.policies_of('notification_marks'), $$
"Service role only" ALL TO anon, authenticated
$$, 'notification_marks has its policies');

-- notification_fanouts
SELECT is(tests.columns_of('notification_fanouts'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
type notification_type NOT NULL
event_id bigint
actor_id uuid
listing_id uuid
metadata jsonb NOT NULL DEFAULT '{}'::jsonb
action_url text
audience jsonb NOT NULL DEFAULT '{}'::jsonb
run_at timestamp with time zone NOT NULL DEFAULT now()
last_user_id uuid
told integer NOT NULL DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
finished_at timestamp with time zone
$$, 'notification_fanouts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('notification_fanouts'), $$
notification_fanouts_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES profiles(id) ON DELETE SET NULL
notification_fanouts_audience_check CHECK ((jsonb_typeof(audience) = 'object'::text))
notification_fanouts_event_id_key UNIQUE (event_id)
notification_fanouts_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
notification_fanouts_pkey PRIMARY KEY (id)
notification_fanouts_told_check CHECK ((told >= 0))
$$, 'notification_fanouts has its constraints');
SELECT is(tests.indexes_of('notification_fanouts'), $$
idx_notification_fanouts_actor_id USING btree (actor_id) WHERE (actor_id IS NOT NULL)
idx_notification_fanouts_due USING btree (run_at) WHERE (finished_at IS NULL)
idx_notification_fanouts_listing_id USING btree (listing_id) WHERE (listing_id IS NOT NULL)
$$, 'notification_fanouts has its indexes');
SELECT is(tests.policies_of('notification_fanouts'), $$
"Service role only" ALL TO anon, authenticated
$$, 'notification_fanouts has its policies');

SELECT * FROM finish();
ROLLBACK;
