-- The tables of exports and deletions as a contract.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(12);

-- data_exports
SELECT is(tests.columns_of('data_exports'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
status text NOT NULL DEFAULT 'waiting'::text
requested_at timestamp with time zone NOT NULL DEFAULT now()
finished_at timestamp with time zone
expires_at timestamp with time zone
part text
ordinal integer NOT NULL DEFAULT 0
last_key text
attempts integer NOT NULL DEFAULT 0
next_try timestamp with time zone NOT NULL DEFAULT now()
$$, 'data_exports has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('data_exports'), $$
data_exports_attempts_check CHECK ((attempts >= 0))
data_exports_finished_check CHECK ((((status = 'waiting'::text) = (finished_at IS NULL)) AND ((finished_at IS NULL) = (expires_at IS NULL))))
data_exports_pkey PRIMARY KEY (id)
data_exports_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'ready'::text, 'failed'::text])))
data_exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'data_exports has its constraints');
SELECT is(tests.indexes_of('data_exports'), $$
idx_data_exports_expires_at USING btree (expires_at) WHERE (expires_at IS NOT NULL)
idx_data_exports_user_id USING btree (user_id)
idx_data_exports_waiting UNIQUE USING btree (user_id) WHERE (status = 'waiting'::text)
$$, 'data_exports has its indexes');
SELECT is(tests.policies_of('data_exports'), $$
"Service role only" ALL TO anon, authenticated
$$, 'data_exports has its policies');

-- data_export_parts
SELECT is(tests.columns_of('data_export_parts'), $$
export_id uuid NOT NULL
part text NOT NULL
ordinal integer NOT NULL
n_rows integer NOT NULL
n_bytes bigint NOT NULL
body jsonb NOT NULL
$$, 'data_export_parts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('data_export_parts'), $$
data_export_parts_export_id_fkey FOREIGN KEY (export_id) REFERENCES data_exports(id) ON DELETE CASCADE
data_export_parts_n_bytes_check CHECK ((n_bytes > 0))
data_export_parts_n_rows_check CHECK ((n_rows > 0))
data_export_parts_ordinal_check CHECK ((ordinal >= 0))
data_export_parts_pkey PRIMARY KEY (part, ordinal, export_id)
$$, 'data_export_parts has its constraints');
SELECT is(tests.indexes_of('data_export_parts'), $$
idx_data_export_parts_export_id USING btree (export_id)
$$, 'data_export_parts has its indexes');
SELECT is(tests.policies_of('data_export_parts'), $$
"Nobody" ALL TO anon, authenticated
$$, 'data_export_parts has its policies');

-- account_deletions
SELECT is(tests.columns_of('account_deletions'), $$
user_id uuid NOT NULL
requested_at timestamp with time zone NOT NULL DEFAULT now()
due_at timestamp with time zone NOT NULL
gives_up_store_credit boolean NOT NULL DEFAULT false
next_try timestamp with time zone NOT NULL
$$, 'account_deletions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('account_deletions'), $$
account_deletions_due_check CHECK (((due_at >= requested_at) AND (next_try >= due_at)))
account_deletions_pkey PRIMARY KEY (user_id)
account_deletions_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'account_deletions has its constraints');
SELECT is(tests.indexes_of('account_deletions'), $$
idx_account_deletions_next_try USING btree (next_try)
$$, 'account_deletions has its indexes');
SELECT is(tests.policies_of('account_deletions'), $$
"Service role only" ALL TO anon, authenticated
$$, 'account_deletions has its policies');

SELECT * FROM finish();
ROLLBACK;
