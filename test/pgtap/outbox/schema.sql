-- The contract of the schema, outbox: what has happened and is still to be told.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT no_plan();

-- outbox_events
SELECT is(tests.columns_of('outbox_events'), $$
id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
kind text NOT NULL
subject_id uuid
actor_id uuid
data jsonb NOT NULL DEFAULT '{}'::jsonb
attempts integer NOT NULL DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'outbox_events has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('outbox_events'), $$
outbox_events_attempts_check CHECK ((attempts >= 0))
outbox_events_pkey PRIMARY KEY (id)
$$, 'outbox_events has its constraints');
SELECT is(tests.policies_of('outbox_events'), $$
"Service role only" ALL TO anon, authenticated
$$, 'outbox_events has its policies');

-- outbox_dead
SELECT is(tests.columns_of('outbox_dead'), $$
id bigint NOT NULL
kind text NOT NULL
subject_id uuid
actor_id uuid
data jsonb NOT NULL DEFAULT '{}'::jsonb
attempts integer NOT NULL
created_at timestamp with time zone NOT NULL
died_at timestamp with time zone NOT NULL DEFAULT now()
sqlstate text
error text
$$, 'outbox_dead has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('outbox_dead'), $$
outbox_dead_attempts_check CHECK ((attempts >= 0))
outbox_dead_pkey PRIMARY KEY (id)
$$, 'outbox_dead has its constraints');
SELECT is(tests.policies_of('outbox_dead'), $$
"Service role only" ALL TO anon, authenticated
$$, 'outbox_dead has its policies');

SELECT * FROM finish();
ROLLBACK;
