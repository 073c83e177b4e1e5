-- docs/er.md: a diagram for each area, of the tables in pg_temp.area (area, table_name), their keys and their references.
\pset format unaligned
\pset tuples_only on
CREATE TEMP TABLE shown AS
    SELECT a.position, a.area, c.oid, regexp_replace(a.table_name, '^.*\.', '') AS name,
           obj_description(c.oid, 'pg_class') AS comment
      FROM pg_temp.area a
      JOIN pg_class c ON c.oid = to_regclass(a.table_name);
-- foreign keys of one column; one without NOT NULL has a parent or none, one that is unique has one child
CREATE TEMP TABLE reference AS
    SELECT k.conrelid AS child, k.confrelid AS parent, a.attname::text AS column_name, a.attnotnull AS is_required,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisunique AND i.indnkeyatts = 1
                      AND i.indkey[0] = k.conkey[1] AND i.indpred IS NULL) AS is_unique
      FROM pg_constraint k
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'f' AND cardinality(k.conkey) = 1;

CREATE FUNCTION pg_temp.entity(wanted oid) RETURNS text LANGUAGE sql AS $$
    SELECT format(E'    %s {\n%s\n    }', s.name, string_agg(format('        %s %s%s', regexp_replace(t.typname, '^_(.*)$', '\1-array'), a.attname, k.mark), E'\n' ORDER BY a.attnum))
      FROM pg_temp.shown s
      JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid,
           LATERAL (SELECT nullif(concat_ws(', ',
                        CASE WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = s.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) THEN 'PK' END,
                        CASE WHEN EXISTS (SELECT FROM pg_temp.reference r WHERE r.child = s.oid AND r.column_name = a.attname) THEN 'FK' END,
                        CASE WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = s.oid AND i.indisunique AND NOT i.indisprimary
                                             AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL) THEN 'UK' END), '')) AS found (mark),
           LATERAL (SELECT coalesce(' ' || found.mark, '')) AS k (mark)
     WHERE s.oid = wanted AND (found.mark IS NOT NULL OR a.attname = 'status')
     GROUP BY s.name
$$;

\qecho '<!-- Written by make docs from the catalog: change sql/schema. -->'
\qecho
\qecho '# Tables and their references'
\qecho
\qecho 'A diagram for each area: tables with their keys and states, and the foreign keys between them and'
\qecho 'to tables of other areas. A line from `profiles` to `orders` with the name `buyer_id` means that'
\qecho '`orders.buyer_id` references `profiles`; a circle at the parent says that the column may be NULL.'
\qecho 'All columns are described in the database: `\\d+ orders` in psql shows their comments.'
SELECT format(E'\n## %s\n\n```mermaid\nerDiagram\n%s%s\n```\n\n%s', initcap(s.area),
              string_agg(pg_temp.entity(s.oid), E'\n' ORDER BY s.position),
              (SELECT E'\n' || string_agg(format('    %s %s--%s %s : %s', p.relname, CASE WHEN r.is_required THEN '||' ELSE '|o' END,
                                                 CASE WHEN r.is_unique THEN 'o|' ELSE 'o{' END, c.name, r.column_name),
                                          E'\n' ORDER BY c.position, p.relname COLLATE "C", r.column_name COLLATE "C")
                 FROM pg_temp.shown c
                 JOIN pg_temp.reference r ON r.child = c.oid
                 JOIN pg_class p ON p.oid = r.parent
                WHERE c.area = s.area),
              string_agg(format('- `%s`: %s', s.name, s.comment), E'\n' ORDER BY s.position))
  FROM pg_temp.shown s
 GROUP BY s.area
 ORDER BY min(s.position);
