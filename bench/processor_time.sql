-- Microseconds that this backend has had of a processor, as far as the system tells it: what else the machine does is then not
-- counted. The owner's rights, for the file.
CREATE FUNCTION bench.processor_time() RETURNS double precision LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::double precision / 1000;
EXCEPTION WHEN OTHERS THEN
    RETURN extract(epoch FROM clock_timestamp()) * 1e6;
END $$;

-- The system adds up a process's time when it takes the processor from it, or every few milliseconds: too coarse for one call, unless
-- it sleeps.
CREATE FUNCTION bench.exact_time() RETURNS double precision LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(0.001);
    RETURN bench.processor_time();
END $$;
