-- What generate.pl makes types of, as one JSON object: the API schema of a database with driplo. Beside what the
-- catalog says of views it has what the tables below say: which columns are never NULL, have a default, or may be written.
SELECT private.api_schema() AS api \gset
SELECT jsonb_build_object(
    'schema', :'api',
    'tables', (
        SELECT jsonb_agg(jsonb_build_object(
                   'name', v.view_name, 'columns', v.columns, 'comment', obj_description(v.relation, 'pg_class'),
                   'deleted', EXISTS (SELECT FROM private.table_rights() r WHERE r.table_name = v.view_name AND r.privilege = 'DELETE' AND r.role_name = 'authenticated'),
                   'relationships', (
                       SELECT coalesce(jsonb_agg(jsonb_build_object(
                                  'name', k.conname, 'columns', own.names, 'target', other.view_name, 'targetColumns', other.names,
                                  'isOneToOne', EXISTS (SELECT FROM pg_constraint u WHERE u.conrelid = k.conrelid AND u.contype IN ('p', 'u') AND u.conkey <@ k.conkey))
                                  ORDER BY k.conname, other.view_name), '[]')
                         FROM pg_constraint k
                        CROSS JOIN LATERAL (SELECT jsonb_agg(c.column_name ORDER BY array_position(k.conkey, c.position)) AS names
                                              FROM private.api_columns() c WHERE c.view_name = v.view_name AND c.position = ANY (k.conkey)) own
                        CROSS JOIN LATERAL (SELECT c.view_name, jsonb_agg(c.column_name ORDER BY array_position(k.confkey, c.position)) AS names
                                              FROM private.api_columns() c WHERE c.relation = k.confrelid AND c.position = ANY (k.confkey) GROUP BY c.view_name) other
                        WHERE k.contype = 'f' AND k.conrelid = v.relation
                          AND jsonb_array_length(own.names) = cardinality(k.conkey) AND jsonb_array_length(other.names) = cardinality(k.confkey)))
                   ORDER BY v.view_name COLLATE "C")
          FROM (SELECT c.view_name, c.relation,
                       jsonb_agg(jsonb_build_object('name', c.column_name, 'type', c.type_name, 'nullable', NOT c.is_required, 'optional', c.has_default OR NOT c.is_required,
                                                    'inserted', c.inserted, 'updated', c.updated, 'comment', c.comment) ORDER BY c.column_name COLLATE "C") AS columns
                  FROM private.api_columns() c GROUP BY c.view_name, c.relation) v),
    'functions', (
        SELECT jsonb_agg(jsonb_build_object(
                   'name', p.proname, 'comment', obj_description(p.oid, 'pg_proc'), 'set', p.proretset, 'result', format_type(p.prorettype, NULL),
                   'composite', t.typtype = 'c',
                   'args', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', p.proargnames[a.n], 'type', format_type(a.type, NULL),
                                                                         'optional', a.n > p.pronargs - p.pronargdefaults) ORDER BY p.proargnames[a.n] COLLATE "C"), '[]')
                              FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (type, n)))
                   ORDER BY p.proname COLLATE "C", p.pronargs)
          FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype
         WHERE p.pronamespace = to_regnamespace(:'api') AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype),
    'composites', (
        SELECT jsonb_agg(jsonb_build_object('name', c.relname, 'columns', f.columns) ORDER BY c.relname COLLATE "C")
          FROM pg_class c
         CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                                                 'nullable', coalesce(col_description(c.oid, a.attnum), '') !~ '@notNull') ORDER BY a.attname COLLATE "C") AS columns
                               FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) f
         WHERE c.relnamespace = to_regnamespace(:'api') AND c.relkind = 'c'),
    'enums', (
        SELECT jsonb_agg(jsonb_build_object('name', t.typname, 'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
                         ORDER BY t.typname COLLATE "C")
          FROM pg_type t JOIN pg_proc f ON f.proname = 'driplo_version' AND f.pronamespace = t.typnamespace
         WHERE t.typtype = 'e'));
