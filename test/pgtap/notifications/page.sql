-- docs/notifications.md tells of each type what the map says, and of no other.
BEGIN;
SELECT plan(3);
CREATE TEMP TABLE page (number serial, line text);
\copy page (line) FROM 'docs/notifications.md' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
CREATE FUNCTION tests.by_default(usual boolean, is_fixed boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$SELECT CASE WHEN is_fixed THEN 'always' WHEN usual THEN 'on' ELSE 'off' END$$;

SELECT results_eq(
    $$SELECT line FROM page WHERE line ~ '^\| `[a-z_]+` \| .* \| (active|suspended|all) \|$' ORDER BY number$$,
    $$SELECT format('| `%s` | %s | %s | %s | %s | %s | %s | %s |', m.type, m.event, m.recipient, tests.by_default(m.in_app, m.is_fixed), tests.by_default(m.email), tests.by_default(m.push),
                    CASE WHEN m.over_block THEN 'yes' ELSE 'no' END, m.reaches)
        FROM private.notification_map() WITH ORDINALITY AS m ORDER BY m.ordinality$$,
    'whom what is told');
SELECT results_eq(
    $$SELECT line FROM page WHERE line ~ '^\| `[a-z_]+` \| [a-z –]+ \| [a-z ]+ \|$' ORDER BY number$$,
    $$SELECT format('| `%s` | %s | %s |', m.type, coalesce(m.grouped_by, '–'), m.once_for) FROM private.notification_map() WITH ORDINALITY AS m ORDER BY m.ordinality$$,
    'what is counted together, and what is told once');
SELECT ok((SELECT regexp_replace(string_agg(line, ' ' ORDER BY number), '\s+', ' ', 'g') FROM page) LIKE '%' || (SELECT string_agg(format('`%s`', m.type), ', ' ORDER BY m.ordinality) FROM private.notification_map() WITH ORDINALITY AS m WHERE m.in_digest) || '%',
    'what a digest collects');

SELECT * FROM finish();
ROLLBACK;
