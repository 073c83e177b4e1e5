-- The contract of the schema, texts of codes.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(3);

-- message_texts
SELECT is(tests.columns_of('message_texts'), $$
code text NOT NULL
locale character varying(35) NOT NULL
text text NOT NULL
$$, 'message_texts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('message_texts'), $$
message_texts_code_check CHECK ((code ~ '^[A-Za-z0-9_.]{1,100}$'::text))
message_texts_locale_check CHECK (((locale)::text ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'::text))
message_texts_pkey PRIMARY KEY (code, locale)
message_texts_text_check CHECK (((length(text) >= 1) AND (length(text) <= 1000)))
$$, 'message_texts has its constraints');
SELECT is(tests.policies_of('message_texts'), $$
"Service role only" ALL TO anon, authenticated
$$, 'message_texts has its policies');

SELECT * FROM finish();
ROLLBACK;
