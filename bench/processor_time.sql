-- Microseconds that this backend has had of a processor, as far as the system tells it: what else the machine does is then not
-- counted. The owner's rights, for the file.
CREATE FUNCTION bench.processor_time() RETURNS double precision LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::double precision / 1000;
EXCEPTION WHEN OTHERS THEN
    RETURN extract(epoch FROM clock_timestamp()) * 1e6;
END $$;
