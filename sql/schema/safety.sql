-- Safety: what people report, what was decided about it and why, and appeals. A person in them is NULL after the account was deleted.

CREATE TABLE @extschema@.reports (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    report_number VARCHAR(50) UNIQUE NOT NULL,
    -- NULL: somebody without an account
    reporter_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    reporter_email TEXT CHECK (length(reporter_email) BETWEEN 3 AND 320),
    -- in which the e-mails to that address are
    reporter_locale VARCHAR(35) CHECK (reporter_locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'),
    target_type TEXT NOT NULL CHECK (target_type IN ('listing', 'user', 'message', 'rating')),
    -- without a foreign key: the report outlives what it is about
    target_id UUID,
    target_owner UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    category TEXT NOT NULL CHECK (category IN ('spam', 'counterfeit', 'prohibited', 'offensive', 'scam', 'illegal', 'other')),
    details TEXT CHECK (length(details) BETWEEN 1 AND 10000),
    evidence JSONB NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(evidence) = 'array'),
    -- what was reported, as it was then
    snapshot JSONB NOT NULL CHECK (jsonb_typeof(snapshot) = 'object'),
    priority SMALLINT NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 3),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'claimed', 'decided', 'appealed', 'closed')),
    claimed_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    claimed_until TIMESTAMPTZ,
    -- the one that stands; report_decisions has its reasons, and those before it
    decision TEXT CHECK (decision IN ('dismiss', 'warn', 'remove_listing', 'hide_rating', 'suspend_7d', 'suspend_30d', 'suspend_forever')),
    decided_at TIMESTAMPTZ,
    owner_left_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT reports_decided_check CHECK ((decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (status IN ('open', 'claimed')))
);

CREATE UNIQUE INDEX idx_reports_open ON @extschema@.reports (target_id, target_type, reporter_id)
    WHERE status IN ('open', 'claimed');
CREATE UNIQUE INDEX idx_reports_open_by_email ON @extschema@.reports (target_id, target_type, lower(reporter_email))
    WHERE status IN ('open', 'claimed') AND reporter_id IS NULL;
CREATE INDEX idx_reports_queue ON @extschema@.reports (priority DESC, created_at) WHERE status IN ('open', 'claimed', 'appealed');
CREATE INDEX idx_reports_target_id ON @extschema@.reports (target_id);
CREATE INDEX idx_reports_reporter_id ON @extschema@.reports (reporter_id);
CREATE INDEX idx_reports_target_owner ON @extschema@.reports (target_owner);
CREATE INDEX idx_reports_claimed_by ON @extschema@.reports (claimed_by) WHERE claimed_by IS NOT NULL;
-- what prune_reports() looks for
CREATE INDEX idx_reports_decided_at ON @extschema@.reports (decided_at) WHERE status = 'decided';
CREATE INDEX idx_reports_owner_left_at ON @extschema@.reports (owner_left_at) WHERE owner_left_at IS NOT NULL;
CREATE INDEX idx_reports_address ON @extschema@.reports (lower(reporter_email), created_at) WHERE reporter_email IS NOT NULL;
CREATE INDEX idx_reports_reporter_email ON @extschema@.reports (updated_at) WHERE reporter_email IS NOT NULL AND status = 'closed';

-- Each decision with its reasons; only ever appended.
CREATE TABLE @extschema@.report_decisions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    report_id UUID NOT NULL REFERENCES @extschema@.reports (id) ON DELETE CASCADE,
    decision TEXT NOT NULL CHECK (decision IN ('dismiss', 'warn', 'remove_listing', 'hide_rating', 'suspend_7d', 'suspend_30d', 'suspend_forever')),
    -- NULL: the first one
    replaced_decision TEXT,
    reasons TEXT NOT NULL CHECK (length(reasons) BETWEEN 1 AND 10000),
    legal_ground TEXT CHECK (length(legal_ground) BETWEEN 1 AND 1000),
    -- NULL: a rule, the service without a user, or the moderator's account was deleted
    decided_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    is_automatic BOOLEAN NOT NULL DEFAULT false,
    suspended_until TIMESTAMPTZ,
    decided_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX idx_report_decisions_report_id ON @extschema@.report_decisions (report_id);
CREATE INDEX idx_report_decisions_decided_by ON @extschema@.report_decisions (decided_by);

CREATE TABLE @extschema@.report_appeals (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    report_id UUID NOT NULL REFERENCES @extschema@.reports (id) ON DELETE CASCADE,
    appellant_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    -- who reported, or whom the decision is about: each can appeal once
    by_reporter BOOLEAN NOT NULL,
    message TEXT NOT NULL CHECK (length(message) BETWEEN 1 AND 10000),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- the decision that answers it
    answered_by UUID REFERENCES @extschema@.report_decisions (id) ON DELETE CASCADE,
    CONSTRAINT report_appeals_by_reporter_report_id_key UNIQUE (by_reporter, report_id)
);

CREATE INDEX idx_report_appeals_report_id ON @extschema@.report_appeals (report_id);
CREATE INDEX idx_report_appeals_appellant_id ON @extschema@.report_appeals (appellant_id);
CREATE INDEX idx_report_appeals_answered_by ON @extschema@.report_appeals (answered_by);
