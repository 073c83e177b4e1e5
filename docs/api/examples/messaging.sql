INSERT INTO conversations (buyer_id, seller_id, listing_id) VALUES (:'buyer', :'seller', :'lamp') RETURNING id AS conversation \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'conversation', :'seller', 'It comes with a bulb.'), (:'conversation', :'seller', 'A warm one.');
-- example: mark_conversation_read as buyer
SELECT mark_conversation_read(:'conversation');
SELECT mark_conversation_read(:'conversation') AS again;
