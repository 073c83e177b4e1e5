-- The rights of docs/rights.md, each cell tried: tables, columns, commands and functions for every client role, in a
-- database with a row in each table. What was refused has changed nothing.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/rights_walker.sql
\ir ../../fixtures/rights_page.sql
SELECT no_plan();

-- The page, the specimens and the database know the same tables

CREATE TEMP VIEW relation AS
    SELECT c.oid, c.relname, c.relkind FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(tests.home()));
SELECT set_eq($$SELECT relname::text FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f')$$, 'SELECT DISTINCT split_part(label, '' '', 1) FROM page_cell',
    'every table has rows on the page, and every row is of a table');
SELECT bag_eq($$SELECT relname::text FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f')$$, 'SELECT table_name FROM page_whose',
    'and its owner and other party are told once');
SELECT set_eq('SELECT label FROM specimen', 'SELECT DISTINCT label FROM page_cell', 'every row of the page has a specimen');
SELECT is_empty($$SELECT label FROM specimen WHERE label = table_name AND label NOT IN (SELECT label FROM new_row)$$, 'and every table a row to try an INSERT with');
SELECT is_empty($$SELECT label, command, role_name FROM page_cell GROUP BY 1, 2, 3 HAVING count(*) > 1$$, 'no row stands twice');
SELECT is_empty($$SELECT table_name FROM page_columns WHERE table_name NOT IN (SELECT label FROM page_cell)$$, 'columns are listed of tables that there are');
SELECT is_empty($$SELECT label, command, role_name FROM page_state EXCEPT SELECT label, command, role_name FROM page_cell$$,
    'what suspended, anonymous and deleted people lose is of rows that there are');
SELECT is_empty($$SELECT s.label, s.command, s.role_name, s.otherwise, c.expected FROM page_state s JOIN page_cell c USING (label, command, role_name)
                   WHERE s.otherwise <> c.expected OR (s.suspended = c.expected AND s.anonymous = c.expected AND s.deleted = c.expected)$$,
    'and each of these rows tells the right again and a difference');
SELECT is_empty($$SELECT w.table_name, s.label FROM page_whose w JOIN specimen s ON s.table_name = w.table_name
                   WHERE s.label = s.table_name
                     AND ((w.owner = '–') <> (s.owner IS NULL) OR ((w.other = '–') <> (s.other IS NULL) AND s.label <> 'coupons'))$$,
    'who has an owner and another party agrees with the specimens');
SELECT is(count(*), 1::bigint, format('%s: the specimen is one row', label))
  FROM (SELECT s.label, s.position FROM specimen s,
        LATERAL (SELECT query_to_xml(format('SELECT 1 FROM %I.%I WHERE %s', tests.home(), s.table_name, s.key), false, false, '') AS rows) r,
        LATERAL unnest(xpath('/table/row', r.rows)) one) s
 GROUP BY label, position ORDER BY position;
SELECT is_empty($$SELECT label FROM specimen s WHERE label = table_name AND label NOT IN ('driplo_schema_version', 'driplo_secrets')
                   AND (xpath('/row/count/text()', query_to_xml(format('SELECT count(*) FROM %I.%I', tests.home(), table_name), false, true, '')))[1]::text::int < 2$$,
    'other rows lie beside each specimen');

-- Tables and columns

CREATE TEMP VIEW expected_columns AS
    SELECT s.table_name, c.command, r.database_role,
           coalesce((SELECT p.columns FROM page_columns p WHERE p.table_name = s.table_name AND p.command = c.command AND p.database_role = r.database_role),
                    CASE WHEN EXISTS (SELECT FROM page_cell e JOIN role_tried t ON t.name = e.role_name
                                       WHERE split_part(e.label, ' ', 1) = s.table_name AND e.command = c.command
                                         AND t.database_role = r.database_role AND e.expected NOT IN ('refused', '–'))
                         THEN tests.all_columns(s.table_name) ELSE '{}' END) AS columns
      FROM specimen s, unnest('{SELECT,INSERT,UPDATE}'::text[]) c (command), (SELECT DISTINCT database_role FROM role_tried) r
     WHERE s.label = s.table_name;

-- compared as text: each set_eq() would hold the locks of two tables until the end
SELECT is((SELECT string_agg(name, ', ' ORDER BY name) FROM unnest(tests.granted_columns(database_role, table_name, command)::text[]) name),
          (SELECT string_agg(name, ', ' ORDER BY name) FROM unnest(columns) name),
          format('%s: the columns that %s may %s', table_name, database_role, command))
  FROM expected_columns ORDER BY table_name, command, database_role;

SELECT is(f.found, coalesce(p.expected, 'not on the page'), format('%s: %s as %s', f.label, f.command, f.role_name))
  FROM found f LEFT JOIN page_cell p USING (label, command, role_name)
 ORDER BY f.specimen_position, f.place, f.position;
SELECT is_empty($$SELECT p.label, p.command, p.role_name, p.expected FROM page_cell p LEFT JOIN found f USING (label, command, role_name)
                   WHERE f.found IS NULL AND p.expected <> '–'$$, 'every cell of the page was tried');

-- Suspended, anonymous and deleted people

SELECT is(f.found, coalesce(s.suspended, p.expected), format('%s: %s as suspended %s', label, command, role_name))
  FROM found_suspended f LEFT JOIN page_cell p USING (label, command, role_name) LEFT JOIN page_state s USING (label, command, role_name)
 ORDER BY f.specimen_position, f.place, f.position;
SELECT is(f.found, coalesce(s.anonymous, p.expected), format('%s: %s as anonymous %s', label, command, role_name))
  FROM found_anonymous f LEFT JOIN page_cell p USING (label, command, role_name) LEFT JOIN page_state s USING (label, command, role_name)
 ORDER BY f.specimen_position, f.place, f.position;
SELECT is(f.found, coalesce(s.deleted, p.expected), format('%s: %s as deleted %s', label, command, role_name))
  FROM found_deleted f LEFT JOIN page_cell p USING (label, command, role_name) LEFT JOIN page_state s USING (label, command, role_name)
 ORDER BY f.specimen_position, f.place, f.position;

-- Who is staff no longer, or nobody at all, is a stranger: except for new rows, of which there are fewer.
CREATE TEMP VIEW no_longer AS
    SELECT 'a suspended ' || role_name AS who, * FROM staff_suspended
    UNION ALL SELECT 'an anonymous ' || role_name, * FROM staff_anonymous
    UNION ALL SELECT 'a deleted ' || role_name, * FROM staff_deleted
    UNION ALL SELECT 'an unknown user', * FROM found_unknown;
SELECT is_empty(format($$SELECT n.label, n.command, n.found, p.expected FROM no_longer n JOIN page_cell p ON p.label = n.label AND p.command = n.command AND p.role_name = 'stranger'
                          WHERE n.who = %L AND n.found <> p.expected AND (n.command NOT LIKE 'INSERT%%' OR n.found IN ('yes', 'no row'))$$, who),
                who || ' is no more than a stranger')
  FROM (SELECT DISTINCT who FROM no_longer) w ORDER BY who;
SELECT is_empty($$SELECT label, command, found FROM no_longer WHERE who = 'an unknown user' AND command LIKE 'INSERT%' AND found = 'yes'$$,
    'and an unknown user inserts nothing');

SELECT is_empty($$SELECT role_name, label, command, found FROM found_blind
                   WHERE found NOT IN ('refused', 'no row') AND NOT (label = 'profiles' AND role_name = 'moderator')$$,
    'who has no row of a table changes none by a statement for all rows');

-- What belongs to nobody

SELECT is_empty($$SELECT relname, role, privilege FROM relation, unnest('{anon,authenticated,service_role}'::text[]) role,
                         unnest('{TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege
                   WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
                     AND (has_table_privilege(role, oid, privilege) OR (privilege = 'REFERENCES' AND has_any_column_privilege(role, oid, privilege)))$$,
    'no client may truncate, refer to or hang triggers on a table');
SELECT set_eq($$SELECT relname::text, role, privilege FROM relation, unnest('{anon,authenticated,service_role}'::text[]) role,
                       unnest('{USAGE,SELECT,UPDATE}'::text[]) privilege
                 WHERE relkind = 'S' AND has_sequence_privilege(role, oid, privilege)$$,
    $$VALUES ('auth_login_history_id_seq', 'service_role', 'USAGE')$$, 'of the sequences the service uses one, nobody anything else');
SELECT is_empty($$SELECT role, privilege FROM unnest('{anon,authenticated}'::text[]) role, unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) privilege
                   WHERE has_any_column_privilege(role, 'auth.users', privilege) OR has_table_privilege(role, 'auth.users', 'DELETE, TRUNCATE, TRIGGER')$$,
    'no client reaches auth.users');
SELECT is_empty($$SELECT role FROM unnest('{anon,authenticated,service_role}'::text[]) role
                   WHERE has_schema_privilege(role, quote_ident(tests.home()), 'CREATE') OR has_schema_privilege(role, 'private', 'CREATE')$$,
    'no client creates anything in the schemas');
SELECT is_empty($$SELECT r.relname FROM relation r JOIN pg_class c ON c.oid = r.oid WHERE r.relkind IN ('r', 'p') AND NOT c.relrowsecurity$$,
    'every table has row level security');

-- Functions

SELECT is_empty('SELECT signature FROM page_function EXCEPT SELECT signature FROM member_function', 'every function of the page is one of the extension');
SELECT is(m.may, coalesce(p.expected, 'refused') = 'yes', format('%s may%s execute %s', m.role_name, CASE WHEN m.may THEN '' ELSE ' not' END, m.signature))
  FROM member_function m LEFT JOIN page_function p USING (signature, role_name)
 ORDER BY m.signature, m.role_name;

SELECT * FROM finish();
ROLLBACK;
