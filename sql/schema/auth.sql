-- What Supabase brings along and plain PostgreSQL does not: schema auth. Only made where there is none.
-- The names and meanings are Supabase's, so that applications move between the two unchanged.
-- Not owned by driplo_owner: a dump creates schemas before the extension makes the role.
CREATE SCHEMA auth;
COMMENT ON SCHEMA auth IS 'Accounts and the identity of the caller, with the names that Supabase uses.';

CREATE TABLE auth.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    aud varchar(255) DEFAULT 'authenticated',
    role varchar(255) DEFAULT 'authenticated',
    email varchar(255) UNIQUE,
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb DEFAULT '{}',
    raw_user_meta_data jsonb DEFAULT '{}',
    phone text UNIQUE,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    deleted_at timestamptz,
    is_anonymous boolean NOT NULL DEFAULT false
);
ALTER TABLE auth.users OWNER TO driplo_owner;
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE auth.users IS
    'Accounts. Inserting a row signs a user up; deleting it removes the user''s personal data.';

-- A row is the business of the service that signs users up; clients reach nothing here. Said in full,
-- because default privileges may give more or less.
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, driplo_owner;
REVOKE ALL ON auth.users FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.users TO service_role;

CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'driplo_auth_uid';
COMMENT ON FUNCTION auth.uid() IS
    'ID of the current user: request.jwt.claim.sub, or else "sub" of request.jwt.claims; NULL if neither is set. '
    'Error 22P02 for invalid JSON or an invalid uuid.';
CREATE FUNCTION auth.role() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'driplo_auth_role';
COMMENT ON FUNCTION auth.role() IS
    'Role of the current request: request.jwt.claim.role, or else "role" of request.jwt.claims.';
CREATE FUNCTION auth.email() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'driplo_auth_email';
COMMENT ON FUNCTION auth.email() IS
    'E-mail address of the current request: request.jwt.claim.email, or else "email" of request.jwt.claims.';
CREATE FUNCTION auth.jwt() RETURNS jsonb
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'driplo_auth_jwt';
COMMENT ON FUNCTION auth.jwt() IS 'All claims of the current request: request.jwt.claim, or else request.jwt.claims.';

GRANT EXECUTE ON FUNCTION auth.uid(), auth.role(), auth.email(), auth.jwt()
    TO anon, authenticated, service_role, driplo_owner;
