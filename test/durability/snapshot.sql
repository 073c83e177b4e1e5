-- The catalog of a database, a line for each fact, without oids: two databases with the same lines are
-- the same to everybody who uses them. pgtap's functions are left out, and pg_attribute.attoptions.
\pset format unaligned
\pset tuples_only on
SET search_path = pg_catalog;
CREATE TEMP VIEW space AS
SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema';
-- Rights as everybody sees them: none recorded means the built-in ones.
CREATE FUNCTION pg_temp.rights(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s=%s%s/%s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, privilege_type,
                             CASE WHEN is_grantable THEN '*' ELSE '' END, grantor::regrole), ' '
                      ORDER BY grantee::regrole::text COLLATE "C", privilege_type COLLATE "C", grantor)
      FROM aclexplode(coalesce(acl, acldefault(kind, owner)))
$$;
CREATE TEMP VIEW fact AS
SELECT 'schema' AS kind, nspname::text AS name, format('%s | %s', nspowner::regrole, pg_temp.rights(nspacl, 'n', nspowner)) AS value
  FROM pg_namespace WHERE oid IN (SELECT oid FROM space)
UNION ALL
SELECT 'extension', extname, format('%s %s %s', extversion, extnamespace::regnamespace, extowner::regrole) FROM pg_extension
UNION ALL
SELECT 'member', i.identity, i.type || ' of ' || e.extname
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
UNION ALL
SELECT 'depends on extension', i.identity, i.type || ' on ' || e.extname
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x'
UNION ALL
SELECT 'initial rights', i.identity, i.type || ' ' || pg_temp.rights(p.initprivs, 'f', 10::oid)
  FROM pg_init_privs p CROSS JOIN LATERAL pg_identify_object(p.classoid, p.objoid, p.objsubid) i WHERE p.privtype = 'e'
UNION ALL
SELECT 'relation', c.oid::regclass::text, format('%s %s rls %s %s | %s', c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
       CASE WHEN c.relkind IN ('r', 'v', 'S') THEN pg_temp.rights(c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) END)
  FROM pg_class c WHERE c.relnamespace IN (SELECT oid FROM space)
UNION ALL
SELECT 'column', format('%s.%s', a.attrelid::regclass, a.attname),
       format('%s %s %s %s %s | %s', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
              pg_get_expr(d.adbin, d.adrelid), CASE WHEN a.attacl IS NOT NULL THEN pg_temp.rights(a.attacl, 'c', c.relowner) END)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relnamespace IN (SELECT oid FROM space) AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', format('%s on %s', conname, CASE WHEN conrelid <> 0 THEN conrelid::regclass::text END),
       format('%s validated %s', pg_get_constraintdef(oid), convalidated)
  FROM pg_constraint WHERE connamespace IN (SELECT oid FROM space)
UNION ALL
SELECT 'index', indexrelid::regclass::text, format('%s valid %s', pg_get_indexdef(indexrelid), indisvalid)
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace IN (SELECT oid FROM space)
UNION ALL
SELECT 'policy', format('%s on %s', polname, polrelid::regclass),
       format('%s %s %s | %s | %s', polcmd, polpermissive,
              (SELECT string_agg(r.rolname, ' ' ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY (polroles)),
              pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
UNION ALL
-- Without parentheses: a comparison of rows is printed with more of them than what it is parsed to again.
SELECT 'trigger', format('%s on %s', tgname, tgrelid::regclass), format('%s | %s', tgenabled, translate(pg_get_triggerdef(oid), '()', '')) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'foreign key trigger', format('%s on %s', c.conname, t.tgrelid::regclass), format('%s %s', t.tgenabled, t.tgtype)
  FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint WHERE t.tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, format('%s | %s | %s', p.proowner::regrole, pg_temp.rights(p.proacl, 'f', p.proowner), md5(pg_get_functiondef(p.oid)))
  FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM space) AND p.prokind IN ('f', 'p')
UNION ALL
SELECT 'view', oid::regclass::text, pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' AND relnamespace IN (SELECT oid FROM space)
UNION ALL
SELECT 'type', t.oid::regtype::text, format('%s %s %s | %s', t.typtype, t.typowner::regrole, pg_temp.rights(t.typacl, 'T', t.typowner),
       (SELECT string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
  FROM pg_type t WHERE t.typnamespace IN (SELECT oid FROM space)
UNION ALL
SELECT 'sequence', s.seqrelid::regclass::text, format('%s %s %s %s %s %s', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle) FROM pg_sequence s
UNION ALL
SELECT 'comment', i.identity, d.description FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
 WHERE i.schema IS NULL AND i.type IN ('extension', 'schema') OR to_regnamespace(quote_ident(i.schema)) IN (SELECT oid FROM space)
    OR i.type IN ('policy', 'trigger', 'table constraint')
UNION ALL
SELECT 'default rights', format('%s in %s for %s', defaclobjtype, defaclnamespace::regnamespace, defaclrole::regrole), pg_temp.rights(defaclacl, 'r', defaclrole) FROM pg_default_acl
UNION ALL
SELECT 'event trigger', evtname, format('%s %s %s', evtevent, evtfoid::regproc, evtenabled) FROM pg_event_trigger;
SELECT kind, name, value FROM fact ORDER BY kind COLLATE "C", name COLLATE "C", value COLLATE "C";
