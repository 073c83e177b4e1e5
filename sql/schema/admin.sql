-- Administration: approvals, the audit log, and what driplo keeps about itself.

CREATE TABLE @extschema@.admin_approvals (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    request_type TEXT NOT NULL CHECK (
        request_type IN ('brand_verification', 'product_approval', 'user_ban', 'user_promotion')
    ),
    request_id UUID NOT NULL,
    -- NULL: decided by the service without a user, or the admin's account was deleted
    admin_id UUID REFERENCES auth.users (id) ON DELETE SET NULL,
    action TEXT NOT NULL CHECK (action IN ('approve', 'reject', 'request_info')),
    notes TEXT,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_admin_approvals_request ON @extschema@.admin_approvals (request_type, request_id);
CREATE INDEX idx_admin_approvals_admin_id ON @extschema@.admin_approvals (admin_id);

CREATE TABLE @extschema@.admin_audit_log (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    -- NULL: done by the service without a user, or the admin's account was deleted
    admin_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    action VARCHAR(100) NOT NULL,
    target_type VARCHAR(50),
    target_id UUID,
    old_values JSONB,
    new_values JSONB,
    ip_address INET,
    user_agent TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_admin_audit_log_admin_id ON @extschema@.admin_audit_log (admin_id);
-- what was done to one thing
CREATE INDEX idx_admin_audit_log_target_id ON @extschema@.admin_audit_log (target_id);
CREATE INDEX idx_admin_audit_log_created_at ON @extschema@.admin_audit_log (created_at DESC);

-- Beside the data and not in the extension, so that a restored old dump says how old it is.
CREATE TABLE @extschema@.driplo_schema_version (
    version TEXT NOT NULL,
    installed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- the only value it can have, as the primary key: there is never a second row
    only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row)
);

INSERT INTO @extschema@.driplo_schema_version (version) VALUES ('@version@')
ON CONFLICT DO NOTHING;

-- Keys of this database. They are part of its data, so that a restored copy goes on without repeating an order
-- number. Readable by nobody but the owner: who has the key can tell every order number in advance.
CREATE TABLE @extschema@.driplo_secrets (
    name TEXT PRIMARY KEY,
    secret BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    database OID
);

SELECT private.install_rows();
