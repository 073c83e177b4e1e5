#!/bin/bash
# The Grafana dashboard: each of its queries runs, as the role that the page names, and shows what is there.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_grafana role=driplo_grafana_reader dashboard=docs/monitoring/grafana.json
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; psql -X -q -d postgres -c "DROP ROLE IF EXISTS $role"; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
psql -X -q -d postgres -c "SET client_min_messages = error" -c "DROP ROLE IF EXISTS $role" -c "CREATE ROLE $role LOGIN PASSWORD 'seen'"
{
    createdb -T template0 -E UTF8 $database
    psql -X -q -v ON_ERROR_STOP=1 -d $database <<SQL
SET client_min_messages = warning;
CREATE SCHEMA shop;
CREATE EXTENSION driplo SCHEMA shop CASCADE;
SET search_path = shop, public;
GRANT service_role TO $role;
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'seller@example.org'), ('00000000-0000-4000-8000-000000000002', 'buyer@example.org');
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, currency, status)
SELECT '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 10, 10, currency, 'paid' FROM unnest('{USD,EUR}'::text[]) currency;
INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('SELECT ?', 900);
SELECT recount_statistics(), refresh_user_statistics(), collect_health();
INSERT INTO job_schedules (job, every_seconds, next_run, failures) VALUES ('expire_carts', 3600, now() - interval '1 hour', 2) ON CONFLICT (job) DO UPDATE SET next_run = EXCLUDED.next_run, failures = 2;
-- as the page says
ALTER ROLE $role IN DATABASE $database SET role = 'service_role';
ALTER ROLE $role IN DATABASE $database SET search_path = shop;
ALTER ROLE $role IN DATABASE $database SET default_transaction_read_only = on;
SQL
} >"$scratch/log" 2>&1
ok $? "a shop has sold something"

# A query for each file; the macros as Grafana replaces them.
perl -MJSON::PP -we '
    my ($scratch) = @ARGV;
    local $/;
    my $dashboard = decode_json(<STDIN>);
    for my $panel (@{$dashboard->{panels}}) {
        for my $target (@{$panel->{targets}}) {
            my $sql = $target->{rawSql};
            $sql =~ s/\$__timeFilter\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/$1 BETWEEN now() - interval \x277 days\x27 AND now() + interval \x271 hour\x27/g;
            $sql =~ s/\$__timeFrom\(\)/(now() - interval \x277 days\x27)/g;
            $sql =~ s/\$__timeTo\(\)/now()/g;
            die "unknown macro in: $sql\n" if $sql =~ /\$__/;
            die "no data source in panel $panel->{id}\n" unless $target->{datasource}{uid} eq "\${datasource}";
            open my $file, ">", sprintf("%s/%02d.sql", $scratch, $panel->{id}) or die;
            print $file "$sql;\n";
        }
    }' "$scratch" <$dashboard 2>"$scratch/problem"
is "$(cat "$scratch/problem")" "" "the dashboard is JSON, and its macros are known"
is "$(find "$scratch" -name '*.sql' | wc -l)" "$(grep -c '"rawSql"' $dashboard)" "each panel has its query"
for query in "$scratch"/*.sql; do
    rows=$(PGPASSWORD=seen psql -X -q -At -v ON_ERROR_STOP=1 -U $role -d $database -f "$query" 2>"$scratch/problem" | wc -l)
    is "$(cat "$scratch/problem")$([ "$rows" -gt 0 ] && echo rows)" rows "panel $(basename "$query" .sql) shows something"
done
is "$(PGPASSWORD=seen psql -X -q -At -U $role -d $database -c "DELETE FROM slow_queries" 2>&1 | grep -c 'read-only transaction')" 1 "that role changes nothing"
done_testing
