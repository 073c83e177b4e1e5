# The ten most frequent reads: by a user under row level security, and by the tables' owner without.
open_shop reads "$(size 5000 100)" "$(size 500 20)" "$(size 10000 200)" "$(size 10000 200)"
run_sql -d reads -f bench/processor_time.sql
run_sql -d reads -v buyers="$(size 5000 100)" -v sellers="$(size 500 20)" -v listings="$(size 10000 200)" -f bench/reads/data.sql
run_sql -d reads -F $'\t' -f test/fixtures/frequent_reads.sql -c "CALL bench.measure_reads($(size 7 1), $(size 3000 20))" -c "
SELECT r.number, r.name, round(min(t.microseconds) FILTER (WHERE role = 'driplo_owner')::numeric, 2), round(min(t.microseconds) FILTER (WHERE role = 'authenticated')::numeric, 2),
       round((min(t.microseconds) FILTER (WHERE role = 'authenticated') / greatest(min(t.microseconds) FILTER (WHERE role = 'driplo_owner'), 0.001))::numeric, 2)
  FROM frequent_reads r JOIN bench.times t USING (number) GROUP BY r.number, r.name ORDER BY r.number" >"$results/reads.tsv"
dropdb reads
