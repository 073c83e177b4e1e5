-- example: driplo_version as anon
SELECT driplo_version();
-- example: suspend_user as admin
SELECT suspend_user(:'seller', 'counterfeits');
SELECT status FROM listings WHERE id = :'lamp';
-- example: reinstate_user as admin
SELECT reinstate_user(:'seller', 'the invoices are in order');
-- example: set_user_role as admin
SELECT set_user_role(:'buyer', 'moderator', 'knows lamps');
SELECT action, new_values ->> 'reason' AS reason FROM admin_audit_log ORDER BY created_at, action;
-- example: log_admin_action as moderator
SELECT log_admin_action('exported_users', 'report', '2030-01', '{"rows": 12}') IS NOT NULL AS logged;
-- example: get_unverified_users_for_admin as admin
SELECT count(*) > 0 AS "some are unverified" FROM get_unverified_users_for_admin();
-- example: admin_verify_user_email as admin
SELECT admin_verify_user_email(:'buyer');
-- example: installation_report as service
SELECT item, ok FROM installation_report() WHERE item LIKE '%version%';
SELECT item, found, remedy FROM installation_report() WHERE NOT ok;
-- example: security_advisor as owner
CREATE TABLE notes (id bigint PRIMARY KEY, body text);
SELECT level, check_name, object FROM security_advisor();
--
DROP TABLE notes;
-- example: check_integrity as service
SELECT * FROM check_integrity();
-- example: adopt_reference as owner
SELECT * FROM adopt_reference(dry_run => true);
--
-- example: driplo_migrate as owner
ALTER TABLE listings DISABLE TRIGGER ALL;
SELECT driplo_migrate();
-- example: driplo_partition as owner
SELECT regexp_replace(driplo_partition('messages'), '[0-9]+(-[0-9]+-[0-9]+)?', '...', 'g') AS partitioned;
SELECT regexp_replace(driplo_partition('messages'), '[0-9]+(-[0-9]+-[0-9]+)?', '...', 'g') AS partitioned;
-- example: make_partitions as service
SELECT make_partitions();
-- example: driplo_drop_before as owner
SELECT driplo_drop_before('messages', '2020-01-01');
-- example: driplo_distribute as owner
SELECT * FROM driplo_distribute();
-- example: driplo_undistribute as owner
SELECT * FROM driplo_undistribute();
-- example: expose_api as owner
SELECT expose_api();
SELECT count(*) FROM api.listings;
-- example: unexpose_api as owner
SELECT unexpose_api();
-- example: driplo_uninstall as owner
SELECT driplo_uninstall();
SELECT count(*) FROM listings;
