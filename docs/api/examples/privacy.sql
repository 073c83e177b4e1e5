-- example: request_data_export as buyer
SELECT request_data_export() AS export \gset
-- example: make_data_exports as service
SELECT make_data_exports() > 0 AS made;
-- example: my_data_exports as buyer
SELECT status, expires_at - finished_at AS kept_for FROM my_data_exports();
-- example: my_data_export as buyer
SELECT part, ordinal, rows FROM my_data_export(:'export');
-- example: my_data_export_part as buyer
SELECT my_data_export_part(:'export', 'addresses') -> 0 -> 'city' AS city;
-- example: export_user_data as service
SELECT export_user_data(:'buyer') #>> '{profile,0,email}' AS email;
-- example: prune_data_exports as service
SELECT prune_data_exports();
-- example: request_account_deletion as buyer
SELECT request_account_deletion() - now() AS grace;
-- example: my_account_deletion as buyer
SELECT my_account_deletion() -> 'open' AS in_its_way;
-- example: cancel_account_deletion as buyer
SELECT cancel_account_deletion();
-- example: due_account_deletions as service
SELECT * FROM due_account_deletions();
-- example: delete_due_accounts as service
SELECT delete_due_accounts();
-- example: delete_user_account as service
SELECT delete_user_account(:'buyer');
