-- The contract of the schema, webhooks: endpoints with their secrets, and what is sent to them.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(9);

SELECT is(tests.columns_of('webhook_endpoints'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
url text NOT NULL
description text
event_types text[] NOT NULL
secret text NOT NULL
previous_secret text
previous_until timestamp with time zone
is_active boolean NOT NULL DEFAULT true
disabled_reason text
failing_since timestamp with time zone
last_failure text
paused_until timestamp with time zone
confirmed_for text NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'webhook_endpoints has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('webhook_endpoints'), $$
webhook_endpoints_description_check CHECK (((length(description) >= 1) AND (length(description) <= 500)))
webhook_endpoints_disabled_check CHECK ((is_active = (disabled_reason IS NULL)))
webhook_endpoints_disabled_reason_check CHECK ((disabled_reason = ANY (ARRAY['admin'::text, 'gone'::text, 'failing'::text])))
webhook_endpoints_event_types_check CHECK (((cardinality(event_types) > 0) AND (array_position(event_types, NULL::text) IS NULL)))
webhook_endpoints_pkey PRIMARY KEY (id)
webhook_endpoints_two_secrets_check CHECK (((previous_secret IS NULL) = (previous_until IS NULL)))
$$, 'webhook_endpoints has its constraints');
SELECT is(tests.policies_of('webhook_endpoints'), $$
"Owner only" ALL TO anon, authenticated
$$, 'webhook_endpoints has its policies');
SELECT is(tests.columns_of('webhook_deliveries'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
endpoint_id uuid NOT NULL
event_id text NOT NULL
event_type text NOT NULL
body text NOT NULL
status text NOT NULL DEFAULT 'pending'::text
attempts integer NOT NULL DEFAULT 0
next_attempt_at timestamp with time zone NOT NULL DEFAULT now()
claimed_at timestamp with time zone
last_attempt_at timestamp with time zone
last_status integer
last_error text
delivered_at timestamp with time zone
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'webhook_deliveries has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('webhook_deliveries'), $$
webhook_deliveries_attempts_check CHECK ((attempts >= 0))
webhook_deliveries_body_check CHECK ((octet_length(body) <= 20480))
webhook_deliveries_claimed_check CHECK (((claimed_at IS NULL) OR (status = 'pending'::text)))
webhook_deliveries_delivered_check CHECK (((status = 'delivered'::text) = (delivered_at IS NOT NULL)))
webhook_deliveries_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id)
webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE
webhook_deliveries_last_status_check CHECK (((last_status >= 100) AND (last_status <= 599)))
webhook_deliveries_pkey PRIMARY KEY (id)
webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text, 'skipped'::text])))
$$, 'webhook_deliveries has its constraints');
SELECT is(tests.indexes_of('webhook_deliveries'), $$
idx_webhook_deliveries_created_at USING btree (created_at)
idx_webhook_deliveries_endpoint_id USING btree (endpoint_id)
idx_webhook_deliveries_pending USING btree (endpoint_id, next_attempt_at) WHERE (status = 'pending'::text)
$$, 'webhook_deliveries has its indexes');
SELECT is(tests.policies_of('webhook_deliveries'), $$
"Service role only" ALL TO anon, authenticated
$$, 'webhook_deliveries has its policies');
SELECT is(tests.triggers_of('webhook_endpoints'), E'\n', 'webhook_endpoints has no triggers');
SELECT is(tests.triggers_of('webhook_deliveries'), E'\n', 'webhook_deliveries has no triggers');

SELECT * FROM finish();
ROLLBACK;
