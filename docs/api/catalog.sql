-- What the pages tell of each function in the extension's schema, as one JSON array; and who executes which function.
SELECT json_build_object(
    'functions', (
        SELECT json_agg(json_build_object(
                   'name', p.proname, 'signature', f.signature, 'comment', obj_description(p.oid, 'pg_proc'), 'result', pg_get_function_result(p.oid),
                   'is_trigger', p.prorettype = 'trigger'::regtype, 'volatility', p.provolatile, 'is_strict', p.proisstrict, 'roles', coalesce(r.role_names, '{}'),
                   'reason', (SELECT d.reason FROM private.definer_reasons() d WHERE d.signature = f.signature),
                   'arguments', (SELECT coalesce(json_agg(json_build_object('name', p.proargnames[a.n], 'type', format_type(p.proargtypes[a.n - 1], NULL),
                                                                           'default', pg_get_function_arg_default(p.oid, a.n)) ORDER BY a.n), '[]')
                                   FROM generate_series(1, p.pronargs) AS a (n)),
                   'columns', (SELECT coalesce(json_agg(json_build_object('name', p.proargnames[a.n], 'type', format_type(p.proallargtypes[a.n], NULL)) ORDER BY a.n), '[]')
                                 FROM generate_series(1, cardinality(p.proallargtypes)) AS a (n) WHERE p.proargmodes[a.n] = 't')))
          FROM private.advised_functions() f
          JOIN pg_proc p ON p.oid = f.id
          LEFT JOIN private.function_rights() r ON r.signature = f.signature
         WHERE f.is_member AND f.signature NOT LIKE 'private.%'),
    'rights', (
        SELECT json_agg(json_build_object('signature', replace(f.signature, ',', ', '), 'anon', has_function_privilege('anon', f.id, 'EXECUTE'),
                                          'authenticated', has_function_privilege('authenticated', f.id, 'EXECUTE'),
                                          'service_role', has_function_privilege('service_role', f.id, 'EXECUTE'))
                        ORDER BY f.signature COLLATE "C")
          FROM private.advised_functions() f
         WHERE f.is_member));
