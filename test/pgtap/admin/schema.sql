-- The contract of the schema, admin: approvals, the audit log, what driplo keeps about itself.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(20);


-- admin_approvals
SELECT is(tests.columns_of('admin_approvals'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
request_type text NOT NULL
request_id uuid NOT NULL
admin_id uuid
action text NOT NULL
notes text
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'admin_approvals has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('admin_approvals'), $$
admin_approvals_action_check CHECK ((action = ANY (ARRAY['approve'::text, 'reject'::text, 'request_info'::text])))
admin_approvals_admin_id_fkey FOREIGN KEY (admin_id) REFERENCES auth.users(id) ON DELETE SET NULL
admin_approvals_pkey PRIMARY KEY (id)
admin_approvals_request_type_check CHECK ((request_type = ANY (ARRAY['brand_verification'::text, 'product_approval'::text, 'user_ban'::text, 'user_promotion'::text])))
$$, 'admin_approvals has its constraints');
SELECT is(tests.indexes_of('admin_approvals'), $$
idx_admin_approvals_admin_id USING btree (admin_id)
idx_admin_approvals_request USING btree (request_type, request_id)
$$, 'admin_approvals has its indexes');
SELECT is(tests.triggers_of('admin_approvals'), $$
check_sizes BEFORE INSERT OR UPDATE ON admin_approvals FOR EACH ROW EXECUTE FUNCTION private.check_sizes('notes', '40000', 'metadata', '65536')
$$, 'admin_approvals has its triggers');
SELECT is(tests.policies_of('admin_approvals'), $$
"Only admins can create approvals" INSERT TO authenticated
"Only admins can view approvals" SELECT TO authenticated
$$, 'admin_approvals has its policies');

-- admin_audit_log
SELECT is(tests.columns_of('admin_audit_log'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
admin_id uuid
action character varying(100) NOT NULL
target_type character varying(50)
target_id uuid
old_values jsonb
new_values jsonb
ip_address inet
user_agent text
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'admin_audit_log has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('admin_audit_log'), $$
admin_audit_log_admin_id_fkey FOREIGN KEY (admin_id) REFERENCES profiles(id) ON DELETE SET NULL
admin_audit_log_pkey PRIMARY KEY (id)
$$, 'admin_audit_log has its constraints');
SELECT is(tests.indexes_of('admin_audit_log'), $$
idx_admin_audit_log_admin_id USING btree (admin_id)
idx_admin_audit_log_created_at USING btree (created_at DESC)
idx_admin_audit_log_target_id USING btree (target_id)
$$, 'admin_audit_log has its indexes');
SELECT is(tests.triggers_of('admin_audit_log'), $$
clear_with_reference BEFORE UPDATE ON admin_audit_log FOR EACH ROW WHEN (old.admin_id IS NOT NULL AND new.admin_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('admin_id', 'ip_address', 'user_agent')
$$, 'admin_audit_log has its triggers');
SELECT is(tests.policies_of('admin_audit_log'), $$
"Only admins can view audit log" SELECT TO authenticated
$$, 'admin_audit_log has its policies');

-- driplo_schema_version
SELECT is(tests.columns_of('driplo_schema_version'), $$
version text NOT NULL
installed_at timestamp with time zone NOT NULL DEFAULT now()
only_row boolean NOT NULL DEFAULT true
$$, 'driplo_schema_version has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('driplo_schema_version'), $$
driplo_schema_version_only_row_check CHECK (only_row)
driplo_schema_version_pkey PRIMARY KEY (only_row)
$$, 'driplo_schema_version has its constraints');
SELECT is(tests.indexes_of('driplo_schema_version'), E'\n', 'driplo_schema_version has no indexes but its constraints''');
SELECT is(tests.triggers_of('driplo_schema_version'), E'\n', 'driplo_schema_version has no triggers');
SELECT is(tests.policies_of('driplo_schema_version'), $$
"Service role only" ALL TO anon, authenticated
$$, 'driplo_schema_version has its policies');

-- driplo_secrets
SELECT is(tests.columns_of('driplo_secrets'), $$
name text NOT NULL
secret bytea NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
database oid
$$, 'driplo_secrets has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('driplo_secrets'), $$
driplo_secrets_pkey PRIMARY KEY (name)
$$, 'driplo_secrets has its constraints');
SELECT is(tests.indexes_of('driplo_secrets'), E'\n', 'driplo_secrets has no indexes but its constraints''');
SELECT is(tests.triggers_of('driplo_secrets'), $$
announce_secrets AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON driplo_secrets FOR EACH STATEMENT EXECUTE FUNCTION private.announce_secrets()
$$, 'driplo_secrets has its triggers');
SELECT is(tests.policies_of('driplo_secrets'), $$
"Owner only" ALL TO anon, authenticated
$$, 'driplo_secrets has its policies');

SELECT * FROM finish();
ROLLBACK;
