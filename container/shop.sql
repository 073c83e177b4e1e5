-- What the database shop has from the start.
CREATE SCHEMA extensions;
CREATE EXTENSION "uuid-ossp" SCHEMA extensions;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION driplo;

-- 1.4 goes into the current schema, newer ones into pg_catalog
SET search_path = extensions;
CREATE EXTENSION pg_cron;
RESET search_path;
SELECT schedule_with_pg_cron();

CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator;
ALTER ROLE authenticator SET max_parallel_workers_per_gather = 0;
CREATE ROLE replicator LOGIN REPLICATION;

\getenv authenticator AUTHENTICATOR_PASSWORD
\if :{?authenticator}
    ALTER ROLE authenticator PASSWORD :'authenticator';
\endif
\getenv replicator REPLICATION_PASSWORD
\if :{?replicator}
    ALTER ROLE replicator PASSWORD :'replicator';
\endif
