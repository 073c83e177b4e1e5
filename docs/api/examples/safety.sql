-- example: report as buyer
SELECT report(target_type => 'listing', target_id => :'lamp', category => 'counterfeit', details => 'The maker never made this one.') IS NOT NULL AS reported;
-- example: my_reports as buyer
SELECT target_type, category, status, decision FROM my_reports();
--
SELECT id AS report FROM reports \gset
-- example: review_queue as moderator
SELECT category, target_type, snapshot ->> 'title' AS title, details, open_reports FROM review_queue();
-- example: claim_report as moderator
SELECT claim_report(:'report', 30) > now() AS is_mine;
-- example: decide_report as moderator
SELECT decide_report(:'report', 'remove_listing', 'It is a copy of a protected design.', 'Terms, section 7') IS NOT NULL AS decided;
SELECT status FROM listings WHERE id = :'lamp';
-- example: my_decisions as seller
SELECT title, decision, reasons, legal_ground, is_automatic, appeal_until = decided_at + interval '6 months' AS six_months_to_appeal FROM my_decisions();
--
SELECT id AS decision FROM report_decisions \gset
-- example: appeal_decision as seller
SELECT appeal_decision(:'decision', 'Here is the bill of the maker.') IS NOT NULL AS appealed;
-- example: decide_report as admin
SELECT decide_report(:'report', 'dismiss', 'The bill shows that it is real.') IS NOT NULL AS decided;
SELECT status FROM listings WHERE id = :'lamp';
-- example: report as anon
SELECT report('listing', :'lamp', 'illegal', 'It was stolen from me.', email => 'reader@example.org', locale => 'bg') IS NOT NULL AS receipt;
--
SELECT id AS receipt FROM reports WHERE reporter_email IS NOT NULL \gset
-- example: report_status as anon
SELECT category, status, decision FROM report_status(:'receipt');
-- example: end_suspensions as service
SELECT end_suspensions();
-- example: prune_reports as service
SELECT prune_reports();
