-- example: message_text as anon
SELECT message_text('listing_unavailable') AS en, message_text('listing_unavailable', 'bg-BG') AS bg;
-- example: message_text as buyer
SELECT message_text('MK016', 'fr') AS "English if there is no other", message_text('nonsense') AS unknown;
-- example: all_message_texts as anon
SELECT all_message_texts('bg') ->> 'order_status.paid' AS paid;
