-- Every table: its owner, row level security, and exactly the grants of private.table_rights() and private.opened_rights(), which
-- the guards judge.
DECLARE
    relation record;
    guard record;
    grants record;
BEGIN
    FOR relation IN
        SELECT c.oid::regclass AS name, c.relkind, c.relowner::regrole::text AS owner, c.relrowsecurity, c.relforcerowsecurity
          FROM private.shipped_objects() o
          JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
         WHERE o.kind IN ('table', 'sequence')
        UNION ALL
        -- the sequences that belong to columns; their owner follows the table's
        SELECT s.oid::regclass, s.relkind, 'driplo_owner', NULL, NULL
          FROM private.shipped_objects() o
          JOIN pg_depend d ON d.refobjid = to_regclass(format('@extschema@.%I', o.name)) AND d.deptype IN ('a', 'i')
          JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
         WHERE o.kind = 'table' AND d.classid = 'pg_class'::regclass
    LOOP
        IF relation.owner <> 'driplo_owner' THEN
            EXECUTE format('ALTER %s %s OWNER TO driplo_owner',
                           CASE relation.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation.name);
        END IF;
        IF relation.relkind <> 'S' AND NOT relation.relrowsecurity THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation.name);
        END IF;
        IF relation.relkind <> 'S' THEN
            -- Asked only where somebody has said FORCE ROW LEVEL SECURITY: without a policy for the owner our functions would
            -- see no row there, and some would do half of their work without a word.
            EXECUTE format('DROP POLICY IF EXISTS "driplo itself" ON %s', relation.name);
            EXECUTE format('CREATE POLICY "driplo itself" ON %s TO driplo_owner USING (true) WITH CHECK (true)', relation.name);
        END IF;
        IF relation.relforcerowsecurity THEN
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', relation.name);
        END IF;
        EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC, anon, authenticated, service_role', relation.name);
        -- an owner may lose the rights on what it owns
        IF relation.relkind <> 'S' AND (SELECT bool_or(NOT has_table_privilege('driplo_owner', relation.name, p.privilege))
                                         FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES']) AS p (privilege)) THEN
            EXECUTE format('GRANT ALL ON TABLE %s TO driplo_owner', relation.name);
        END IF;
    END LOOP;

    FOR relation IN
        SELECT p.name FROM private.partition_rules() r CROSS JOIN LATERAL private.partitions(r.table_name) p
        UNION ALL
        SELECT c.relname FROM private.partition_rules() r JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = r.table_name || '_default' AND c.relispartition
    LOOP
        PERFORM private.close_partition(relation.name);
    END LOOP;

    FOR grants IN
        SELECT r.table_name, r.role_name,
               string_agg(r.privilege || coalesce(' (' || (SELECT string_agg(quote_ident(name), ', ') FROM unnest(r.columns) name) || ')', ''), ', ') AS privileges
          FROM (SELECT r.table_name, r.role_name, r.privilege, r.columns FROM private.table_rights() r WHERE r.columns IS NULL OR r.columns <> '{}'
                UNION ALL
                SELECT o.table_name, o.role_name, o.privilege, NULL FROM private.opened_rights() o) r
         GROUP BY r.table_name, r.role_name
    LOOP
        EXECUTE format('GRANT %s ON TABLE @extschema@.%I TO %I', grants.privileges, grants.table_name, grants.role_name);
    END LOOP;

    FOR guard IN SELECT g.table_name, g.trigger_name, g.definition FROM private.guards() g
    LOOP
        EXECUTE guard.definition;
        EXECUTE format('ALTER TRIGGER %I ON @extschema@.%I DEPENDS ON EXTENSION driplo', guard.trigger_name, guard.table_name);
    END LOOP;
END;
