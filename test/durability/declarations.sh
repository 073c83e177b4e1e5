#!/bin/bash
# What sql/assemble reads above the declarations of functions, and what it adds below triggers: the rows that come of it, and
# what it says of a declaration that leaves something open. No server is needed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
declared() { awk -f sql/declarations.awk -v what="$1" "$work/part.sql" 2>"$work/said" | sed 's/^ *//'; }
# refused TEXT NAME: the part on standard input ends the build with a message that holds the text
refused() {
    cat >"$work/part.sql"
    declared rights >"$work/found"
    status=$?
    [ "$status" -ne 0 ] && [ ! -s "$work/found" ] && grep -qF -- "$1" "$work/said"
    ok $? "$2"
}

cat >"$work/part.sql" <<'SQL'
-- Why it is here at all.
-- rights: anon, authenticated (users: admins, and who's next)
-- definer: Writes what no client may
--     write, and doesn't say
--     why.
CREATE OR REPLACE FUNCTION @extschema@.many(
    at timestamptz DEFAULT 'now(), then',
    names text[] DEFAULT '{}',
    amount numeric(10, 2) DEFAULT (1 + 1),
    last int DEFAULT NULL
)
    RETURNS TABLE (id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER
    AS $function$
    -- rights: nobody
    CREATE OR REPLACE FUNCTION inside() AS
$function$;

-- rights: owner
CREATE OR REPLACE FUNCTION private.quiet() RETURNS void
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'quiet';

CREATE OR REPLACE FUNCTION private.fires() RETURNS trigger
    LANGUAGE c SECURITY DEFINER
    AS 'MODULE_PATHNAME', 'fires';

-- rights: service_role
CREATE OR REPLACE FUNCTION last(flag bool) RETURNS void
    LANGUAGE c SECURITY DEFINER
    AS 'MODULE_PATHNAME', 'last';
SQL
declared rights >"$work/found"
cat >"$work/expected" <<'SQL'
('many(timestamp with time zone,text[],numeric,integer)', '{anon,authenticated}'::text[]),
('last(boolean)', '{service_role}')
SQL
same_file "$work/found" "$work/expected" "signatures and roles are read as the server prints them"
declared reasons >"$work/found"
echo "('many(timestamp with time zone,text[],numeric,integer)', 'Writes what no client may write, and doesn''t say why.')" >"$work/expected"
same_file "$work/found" "$work/expected" "a reason may go over several lines"

refused 'careless() is declared without a line "-- rights: ..." above' 'a function without rights is refused' <<'SQL'
-- What it is for.
CREATE OR REPLACE FUNCTION careless() RETURNS void
    AS 'x';
SQL
refused '"everybody" is not a role' 'and a role that rights are not given to' <<'SQL'
-- rights: service_role, everybody
CREATE OR REPLACE FUNCTION careless() RETURNS void
    AS 'x';
SQL
refused 'a line "-- definer: ..." has to say why' 'and a SECURITY DEFINER function for users without a reason' <<'SQL'
-- rights: authenticated
CREATE OR REPLACE FUNCTION careless() RETURNS void SECURITY DEFINER
    AS 'x';
SQL
refused 'which is for SECURITY DEFINER functions' 'and a reason where none is needed' <<'SQL'
-- rights: authenticated
-- definer: It once was one.
CREATE OR REPLACE FUNCTION careless() RETURNS void
    AS 'x';
SQL
refused 'stand right above' 'and rights that belong to no declaration' <<'SQL'
-- rights: authenticated

CREATE OR REPLACE FUNCTION careless() RETURNS void
    AS 'x';
SQL

awk -f sql/triggers.awk >"$work/found" <<'SQL'
CREATE OR REPLACE TRIGGER one BEFORE INSERT ON @extschema@.a FOR EACH ROW EXECUTE FUNCTION f();
    CREATE CONSTRAINT TRIGGER two -- ON purpose; as it was
        AFTER UPDATE OF x ON auth.users
        FOR EACH ROW WHEN (NEW.x = ' ON b')
        EXECUTE FUNCTION f();
SELECT 1;
SQL
cat >"$work/expected" <<'SQL'
CREATE OR REPLACE TRIGGER one BEFORE INSERT ON @extschema@.a FOR EACH ROW EXECUTE FUNCTION f();
ALTER TRIGGER one ON @extschema@.a DEPENDS ON EXTENSION driplo;
    CREATE CONSTRAINT TRIGGER two -- ON purpose; as it was
        AFTER UPDATE OF x ON auth.users
        FOR EACH ROW WHEN (NEW.x = ' ON b')
        EXECUTE FUNCTION f();
ALTER TRIGGER two ON auth.users DEPENDS ON EXTENSION driplo;
SELECT 1;
SQL
same_file "$work/found" "$work/expected" "each trigger is tied to the extension"
done_testing
