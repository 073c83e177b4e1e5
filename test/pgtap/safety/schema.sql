-- The contract of the schema, safety: reports, decisions about them, appeals.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(15);

-- reports
SELECT is(tests.columns_of('reports'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
report_number character varying(50) NOT NULL
reporter_id uuid
reporter_email text
reporter_locale character varying(35)
target_type text NOT NULL
target_id uuid
target_owner uuid
category text NOT NULL
details text
evidence jsonb NOT NULL DEFAULT '[]'::jsonb
snapshot jsonb NOT NULL
priority smallint NOT NULL DEFAULT 1
status text NOT NULL DEFAULT 'open'::text
claimed_by uuid
claimed_until timestamp with time zone
decision text
decided_at timestamp with time zone
owner_left_at timestamp with time zone
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'reports has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('reports'), $$
reports_category_check CHECK ((category = ANY (ARRAY['spam'::text, 'counterfeit'::text, 'prohibited'::text, 'offensive'::text, 'scam'::text, 'illegal'::text, 'other'::text])))
reports_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES profiles(id) ON DELETE SET NULL
reports_decided_check CHECK ((((decision IS NULL) = (decided_at IS NULL)) AND ((decision IS NULL) = (status = ANY (ARRAY['open'::text, 'claimed'::text])))))
reports_decision_check CHECK ((decision = ANY (ARRAY['dismiss'::text, 'warn'::text, 'remove_listing'::text, 'hide_rating'::text, 'suspend_7d'::text, 'suspend_30d'::text, 'suspend_forever'::text])))
reports_details_check CHECK (((length(details) >= 1) AND (length(details) <= 10000)))
reports_evidence_check CHECK ((jsonb_typeof(evidence) = 'array'::text))
reports_pkey PRIMARY KEY (id)
reports_priority_check CHECK (((priority >= 0) AND (priority <= 3)))
reports_report_number_key UNIQUE (report_number)
reports_reporter_email_check CHECK (((length(reporter_email) >= 3) AND (length(reporter_email) <= 320)))
reports_reporter_id_fkey FOREIGN KEY (reporter_id) REFERENCES profiles(id) ON DELETE SET NULL
reports_reporter_locale_check CHECK (((reporter_locale)::text ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'::text))
reports_snapshot_check CHECK ((jsonb_typeof(snapshot) = 'object'::text))
reports_status_check CHECK ((status = ANY (ARRAY['open'::text, 'claimed'::text, 'decided'::text, 'appealed'::text, 'closed'::text])))
reports_target_owner_fkey FOREIGN KEY (target_owner) REFERENCES profiles(id) ON DELETE SET NULL
reports_target_type_check CHECK ((target_type = ANY (ARRAY['listing'::text, 'user'::text, 'message'::text, 'rating'::text])))
$$, 'reports has its constraints');
SELECT is(tests.indexes_of('reports'), $$
idx_reports_address USING btree (lower(reporter_email), created_at) WHERE (reporter_email IS NOT NULL)
idx_reports_claimed_by USING btree (claimed_by) WHERE (claimed_by IS NOT NULL)
idx_reports_decided_at USING btree (decided_at) WHERE (status = 'decided'::text)
idx_reports_open UNIQUE USING btree (target_id, target_type, reporter_id) WHERE (status = ANY (ARRAY['open'::text, 'claimed'::text]))
idx_reports_open_by_email UNIQUE USING btree (target_id, target_type, lower(reporter_email)) WHERE ((status = ANY (ARRAY['open'::text, 'claimed'::text])) AND (reporter_id IS NULL))
idx_reports_owner_left_at USING btree (owner_left_at) WHERE (owner_left_at IS NOT NULL)
idx_reports_queue USING btree (priority DESC, created_at) WHERE (status = ANY (ARRAY['open'::text, 'claimed'::text, 'appealed'::text]))
idx_reports_reporter_email USING btree (updated_at) WHERE ((reporter_email IS NOT NULL) AND (status = 'closed'::text))
idx_reports_reporter_id USING btree (reporter_id)
idx_reports_target_id USING btree (target_id)
idx_reports_target_owner USING btree (target_owner)
$$, 'reports has its indexes');
SELECT is(tests.policies_of('reports'), $$
"Service role only" ALL TO anon, authenticated
$$, 'reports has its policies');

-- report_decisions
SELECT is(tests.columns_of('report_decisions'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
report_id uuid NOT NULL
decision text NOT NULL
replaced_decision text
reasons text NOT NULL
legal_ground text
decided_by uuid
is_automatic boolean NOT NULL DEFAULT false
suspended_until timestamp with time zone
decided_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
$$, 'report_decisions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('report_decisions'), $$
report_decisions_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES profiles(id) ON DELETE SET NULL
report_decisions_decision_check CHECK ((decision = ANY (ARRAY['dismiss'::text, 'warn'::text, 'remove_listing'::text, 'hide_rating'::text, 'suspend_7d'::text, 'suspend_30d'::text, 'suspend_forever'::text])))
report_decisions_legal_ground_check CHECK (((length(legal_ground) >= 1) AND (length(legal_ground) <= 1000)))
report_decisions_pkey PRIMARY KEY (id)
report_decisions_reasons_check CHECK (((length(reasons) >= 1) AND (length(reasons) <= 10000)))
report_decisions_report_id_fkey FOREIGN KEY (report_id) REFERENCES reports(id) ON DELETE CASCADE
$$, 'report_decisions has its constraints');
SELECT is(tests.indexes_of('report_decisions'), $$
idx_report_decisions_decided_by USING btree (decided_by)
idx_report_decisions_report_id USING btree (report_id)
$$, 'report_decisions has its indexes');
SELECT is(tests.policies_of('report_decisions'), $$
"Service role only" ALL TO anon, authenticated
$$, 'report_decisions has its policies');

-- report_appeals
SELECT is(tests.columns_of('report_appeals'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
report_id uuid NOT NULL
appellant_id uuid
by_reporter boolean NOT NULL
message text NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
answered_by uuid
$$, 'report_appeals has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('report_appeals'), $$
report_appeals_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES report_decisions(id) ON DELETE CASCADE
report_appeals_appellant_id_fkey FOREIGN KEY (appellant_id) REFERENCES profiles(id) ON DELETE SET NULL
report_appeals_by_reporter_report_id_key UNIQUE (by_reporter, report_id)
report_appeals_message_check CHECK (((length(message) >= 1) AND (length(message) <= 10000)))
report_appeals_pkey PRIMARY KEY (id)
report_appeals_report_id_fkey FOREIGN KEY (report_id) REFERENCES reports(id) ON DELETE CASCADE
$$, 'report_appeals has its constraints');
SELECT is(tests.indexes_of('report_appeals'), $$
idx_report_appeals_answered_by USING btree (answered_by)
idx_report_appeals_appellant_id USING btree (appellant_id)
idx_report_appeals_report_id USING btree (report_id)
$$, 'report_appeals has its indexes');
SELECT is(tests.policies_of('report_appeals'), $$
"Service role only" ALL TO anon, authenticated
$$, 'report_appeals has its policies');

SELECT is(tests.triggers_of('reports'), $$
forget_reported_person BEFORE UPDATE ON reports FOR EACH ROW WHEN (old.target_owner IS NOT NULL AND new.target_owner IS NULL) EXECUTE FUNCTION private.forget_reported_person()
update_reports_updated_at BEFORE UPDATE ON reports FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'reports has its triggers');
SELECT is(tests.triggers_of('report_decisions'), E'\n', 'report_decisions has no triggers');
SELECT is(tests.triggers_of('report_appeals'), E'\n', 'report_appeals has no triggers');

SELECT * FROM finish();
ROLLBACK;
