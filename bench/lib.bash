# What the parts of the benchmarks share: sizes, one run of pgbench, the processor's time of the server. Sourced by bench/run.

short=
[ "${DRIPLO_BENCH:-}" != short ] || short=yes
# size LONG SHORT: how much of something
size() { if [ -n "$short" ]; then echo "$2"; else echo "$1"; fi; }
memory=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
buffers=$(size "$((memory / 4 > 4096 ? 4096 : memory / 4))MB" 64MB)
scripts=$(mktemp -d /tmp/driplo-scripts.XXXXXX)
trap 'rm -rf "$scripts"; remove_clusters' EXIT

run_sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$@"; }
new_database() { # NAME
    dropdb --if-exists "$1" 2>/dev/null
    createdb "$1"
    # a buyer here stands for many, and few of them pay
    run_sql -d "$1" -c "ALTER DATABASE \"$1\" SET driplo.max_unpaid_orders = 0" -c "ALTER DATABASE \"$1\" SET driplo.max_unpaid_pieces = 0"
}
# open_shop DATABASE BUYERS SELLERS LISTINGS ORDERS
open_shop() {
    new_database "$1"
    run_sql -d "$1" -v buyers="$2" -v sellers="$3" -v listings="$4" -v orders="$5" -f bench/shop.sql
    run_sql -d "$1" -c "VACUUM ANALYZE"
}
# Milliseconds that the server's ended backends have had of the processors.
backend_time() { sed 's/.*) //' "/proc/$postmaster/stat" | awk '{ print ($14 + $15) * 10 }'; }

# What a session does for the first time takes fifty times as long: plans are made, caches filled. An application keeps its
# connections, so the first transactions of each are not looked at.
warm=$(size 25 2)

# bench DATABASE ROLE CLIENTS TRANSACTIONS SCRIPT [OPTION...]: that many transactions of each client. Prints transactions a second and
# their mean latency in milliseconds, of the time in which all clients were warm and none had ended.
bench() {
    local database=$1 role=$2 clients=$3 each=$4 script=$5 log=$scripts/log
    shift 5
    rm -f "$scripts"/transactions.*
    PGOPTIONS="-c role=$role" "$bin/pgbench" -n -M prepared -c "$clients" -j "$(nproc)" -t "$each" -l --log-prefix="$scripts/transactions" -D i=0 -D each="$each" "$@" -f "$script" "$database" >"$log" 2>&1 ||
        { cat "$log" >&2; return 1; }
    grep -q "actually processed: $((clients * each))/$((clients * each))" "$log" || { cat "$log" >&2; return 1; }
    # client, number, latency, -, second, microsecond
    sort -n -k5,5 -k6,6 "$scripts"/transactions.* | awk -v clients="$clients" -v each="$each" -v warm="$warm" '
        { at[NR] = $5 + $6 / 1e6; took[NR] = $3; done[$1]++ }
        done[$1] == warm && at[NR] > from { from = at[NR] }
        done[$1] == each && !until { until = at[NR] }
        END {
            for (i = 1; i <= NR; i++)
                if (at[i] > from && at[i] <= until) { n++; latency += took[i] }
            if (n < 2) { n = NR; from = at[1] - took[1] / 1e6; until = at[NR]; latency = 0; for (i = 1; i <= NR; i++) latency += took[i] }
            printf "%.1f\t%.3f\n", n / (until - from), latency / n / 1000
        }'
}
# processor_time DATABASE ROLE TRANSACTIONS SCRIPT [OPTION...]: what a transaction takes of the backend's time, in microseconds, of one client that is
# warm. The first `warm` of its transactions are those of another run.
processor_time() {
    local database=$1 role=$2 each=$3 script=$4 times=() from=0 n since
    shift 4
    for n in "$warm" "$each"; do
        since=$(backend_time)
        PGOPTIONS="-c role=$role" "$bin/pgbench" -n -M prepared -c 1 -t "$n" -D i=$from -D each="$each" "$@" -f "$script" "$database" >"$scripts/log" 2>&1 || { cat "$scripts/log" >&2; return 1; }
        sleep 0.05 # until the backend has ended
        times+=($(($(backend_time) - since)))
        from=$n
    done
    echo $(((times[1] - times[0]) * 1000 / (each - warm)))
}

machine() {
    printf 'processor\t%s, %s cores\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)"
    printf 'memory\t%s MB, shared_buffers %s\n' "$memory" "$buffers"
    printf 'system\t%s, Linux %s\n' "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(uname -r)"
    printf 'server\tPostgreSQL %s\n' "$(run_sql -d postgres -c "SHOW server_version")"
    printf 'driplo\t%s, %s\n' "$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)" "$(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
    printf 'compiler\t%s\n' "$(g++ --version | head -n 1)"
    printf 'date\t%s\n' "$(date -u +%Y-%m-%d)"
    printf 'load\t%s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
}
