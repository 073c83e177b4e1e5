-- example: offer_terms as buyer
SELECT * FROM offer_terms(:'seller');
-- example: make_offer as buyer
SELECT make_offer(:'lamp', 30, message => 'Would you take 30?') AS offer \gset
SELECT status, amount, list_price, is_my_turn FROM my_offers();
-- example: withdraw_offer as buyer
SELECT withdraw_offer(:'offer');
SELECT make_offer(:'lamp', 32) AS offer \gset
SELECT status, amount FROM my_offers() ORDER BY amount;
-- example: answer_offer as seller
SELECT answer_offer(:'offer', 'counter', 35) AS counteroffer \gset
SELECT status, made_by, amount FROM my_offers() ORDER BY amount;
--
-- example: my_offers as buyer
SELECT title, my_role, status, made_by, amount, currency, list_price, is_my_turn FROM my_offers('buyer', 'pending');
SELECT answer_offer(:'counteroffer', 'accept') \g /dev/null
-- example: buy_offer as buyer
SELECT buy_offer(:'counteroffer') IS NOT NULL AS is_in_cart;
SELECT title, unit_price, list_price, problem FROM cart_contents();
-- example: set_offer_settings as seller
SELECT set_offer_settings(true, min_percent => 60, auto_accept_percent => 95);
SELECT enabled, min_percent, auto_accept_percent, auto_decline_percent FROM offer_settings;
-- example: set_bundle_discount as seller
SELECT set_bundle_discount('[{"pieces": 2, "percent": 5}, {"pieces": 3, "percent": 10}]');
SELECT bundle_tiers FROM offer_settings;
-- example: offer_to_likers as seller
SELECT offer_to_likers(:'lamp', 10, 'This week only');
-- example: send_offers as service
SELECT send_offers();
-- example: expire_offers as service
SELECT expire_offers();
