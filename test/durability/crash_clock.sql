-- The clock of the shop: days pass for some of what is on its way, and the jobs do what is due then. Run by psql as the superuser over and over, beside
-- crash_load.sql. What is echoed was committed: how many a job has done.
RESET ROLE;
\unset delivered
\unset completed
\unset decided
SELECT set_config('request.jwt.claims', '{"role": "service_role"}', false) \g /dev/null
UPDATE orders SET shipped_at = shipped_at - interval '31 days'
 WHERE id IN (SELECT id FROM orders WHERE status::text = 'shipped' AND random() < 0.5 ORDER BY id LIMIT 5 FOR NO KEY UPDATE SKIP LOCKED);
SELECT deliver_overdue_orders(3) AS delivered \gset
\echo delivered_by_clock :delivered
SELECT format('SELECT open_return(%L, %L)', i.id, 'defective')
  FROM orders o JOIN order_items i ON i.order_id = o.id
 WHERE o.status::text = 'delivered' AND o.delivered_at > now() - interval '1 day' AND NOT EXISTS (SELECT FROM returns r WHERE r.order_id = o.id) AND random() < 0.3 LIMIT 1 \gexec
-- the history is not changed otherwise
SET session_replication_role = replica;
UPDATE returns SET history = jsonb_set(history, '{-1,at}', to_jsonb(now() - interval '60 days'))
 WHERE id IN (SELECT id FROM returns WHERE is_open ORDER BY id LIMIT 5 FOR NO KEY UPDATE SKIP LOCKED);
RESET session_replication_role;
SELECT decide_overdue_returns(3) AS decided \gset
\echo decided_by_clock :decided
UPDATE orders SET delivered_at = delivered_at - interval '31 days'
 WHERE id IN (SELECT id FROM orders WHERE status::text = 'delivered' AND random() < 0.5 ORDER BY id LIMIT 5 FOR NO KEY UPDATE SKIP LOCKED);
SELECT complete_overdue_orders(3) AS completed \gset
\echo completed_by_clock :completed
SELECT expire_returns(3), send_reminders(3), release_seller_funds(5) \g /dev/null
