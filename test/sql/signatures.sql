-- Every function with its arguments, result, properties and who may execute it, so that neither an interface nor a right
-- changes unnoticed: clients call by these names, and restored dumps need them. `make docs` writes what is expected; what
-- has changed there has to be meant.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only
CREATE SCHEMA shop;
CREATE EXTENSION driplo SCHEMA shop CASCADE;
SET search_path = shop;

SELECT format('%s%s(%s) RETURNS %s | %s | %s', CASE n.nspname WHEN 'private' THEN 'private.' END, p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
              concat_ws(', ', CASE p.provolatile WHEN 'v' THEN 'volatile' WHEN 's' THEN 'stable' ELSE 'immutable' END, CASE WHEN p.proisstrict THEN 'strict' END,
                        CASE p.proparallel WHEN 's' THEN 'parallel safe' WHEN 'u' THEN 'parallel unsafe' ELSE 'parallel restricted' END,
                        CASE WHEN p.prosecdef THEN 'security definer' END),
              coalesce((SELECT string_agg(role, ', ' ORDER BY role) FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) role
                         WHERE has_function_privilege(role, p.oid, 'EXECUTE')), 'no client'))
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' JOIN pg_proc p ON p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
 ORDER BY n.nspname = 'private', p.proname COLLATE "C", pg_get_function_arguments(p.oid) COLLATE "C";

-- Not members, but made by driplo where there is no other authentication service
SELECT format('auth.%s(%s) RETURNS %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))
  FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace
 ORDER BY p.proname COLLATE "C";

-- And the settings
SELECT name, boot_val, vartype, context, min_val, max_val, enumvals FROM pg_settings WHERE name LIKE 'driplo.%' ORDER BY name;

SELECT driplo_uninstall(true);
RESET search_path;
DROP SCHEMA shop CASCADE;
