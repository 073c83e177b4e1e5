-- What codes mean, for users: of errors, of problems in a cart, of reasons and states. A language is rows of it.

CREATE TABLE @extschema@.message_texts (
    -- a code of an error or of a problem, or an enum or coupon, a dot, and the value
    code TEXT NOT NULL CHECK (code ~ '^[A-Za-z0-9_.]{1,100}$'),
    locale VARCHAR(35) NOT NULL CHECK (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 1000),
    CONSTRAINT message_texts_pkey PRIMARY KEY (code, locale)
);
