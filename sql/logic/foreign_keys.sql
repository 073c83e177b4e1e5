-- Foreign keys are triggers of the server's, and what switches triggers off switches them off: a data-only restore
-- with --disable-triggers that broke off, DISABLE TRIGGER ALL.
DECLARE
    switched_off record;
BEGIN
    FOR switched_off IN
        SELECT t.tgrelid::regclass AS relation, t.tgname AS name
          FROM private.shipped_objects() o
          JOIN pg_constraint k ON k.conrelid = to_regclass(format('@extschema@.%I', o.name)) AND k.contype = 'f'
          JOIN pg_trigger t ON t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A')
         WHERE o.kind = 'table'
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', switched_off.relation, switched_off.name);
    END LOOP;
END;
