-- How rate limits are measured.

CREATE TABLE bench.limit_costs (what text, limited boolean, microseconds double precision);
-- Each statement once for each buyer, every other one without the limits, and how much of the processor's time it took.
CREATE PROCEDURE bench.time_limits(what text, statement text, first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE
    since double precision;
    limited boolean;
    took double precision[] := '{}';
    how boolean[] := '{}';
BEGIN
    FOR i IN first .. last LOOP
        limited := i % 2 = 0;
        PERFORM set_config('driplo.rate_limits', CASE WHEN limited THEN 'on' ELSE 'off' END, true);
        PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', bench.id('buyer', i), 'role', 'authenticated')::text, true), set_config('role', 'authenticated', true);
        since := bench.exact_time();
        EXECUTE statement USING i;
        took := took || bench.exact_time() - since;
        how := how || limited;
        RESET ROLE;
        COMMIT;
    END LOOP;
    INSERT INTO bench.limit_costs SELECT time_limits.what, h, t FROM unnest(how, took) AS x (h, t) OFFSET 50;
END $$;
