-- Every function with its arguments and result, so that an interface never changes unnoticed: clients
-- call by these names, and restored dumps need them.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only
CREATE SCHEMA shop;
CREATE EXTENSION driplo SCHEMA shop CASCADE;
SET search_path = shop;

SELECT format('%s(%s) RETURNS %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' JOIN pg_proc p ON p.oid = d.objid
 WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND p.pronamespace = 'shop'::regnamespace
 ORDER BY p.proname COLLATE "C";

SELECT format('private.%s(%s) RETURNS %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' JOIN pg_proc p ON p.oid = d.objid
 WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND p.pronamespace = 'private'::regnamespace
 ORDER BY p.proname COLLATE "C";

-- Not members, but made by driplo where there is no other authentication service
SELECT format('auth.%s(%s) RETURNS %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))
  FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace
 ORDER BY p.proname COLLATE "C";

-- And the settings
SELECT name, setting, vartype, context, min_val, max_val, enumvals FROM pg_settings WHERE name LIKE 'driplo.%' ORDER BY name;

SELECT driplo_uninstall(true);
RESET search_path;
DROP SCHEMA shop CASCADE;
