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
}
# open_shop DATABASE BUYERS SELLERS LISTINGS ORDERS
open_shop() {
    new_database "$1"
    run_sql -d "$1" -v buyers="$2" -v sellers="$3" -v listings="$4" -v orders="$5" -f bench/shop.sql
    run_sql -d "$1" -c "VACUUM ANALYZE"
}
# Milliseconds that the server's ended backends have had of the processors.
backend_time() { sed 's/.*) //' "/proc/$postmaster/stat" | awk '{ print ($14 + $15) * 10 }'; }

# bench DATABASE ROLE CLIENTS TRANSACTIONS SCRIPT [OPTION...]: that many transactions of each client. Prints transactions
# a second, the mean latency in milliseconds and the backends' processor time of a transaction in microseconds.
bench() {
    local database=$1 role=$2 clients=$3 each=$4 script=$5 before after log=$scripts/log
    shift 5
    before=$(backend_time)
    PGOPTIONS="-c role=$role" "$bin/pgbench" -n -M prepared -c "$clients" -j "$(nproc)" -t "$each" -D i=0 -D each="$each" "$@" -f "$script" "$database" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    if grep -q 'failed transactions: [^0]' "$log" || ! grep -q "actually processed: $((clients * each))/$((clients * each))" "$log"; then cat "$log" >&2; return 1; fi
    sleep 0.05 # until the backends have ended
    after=$(backend_time)
    awk -v cpu=$((after - before)) -v n=$((clients * each)) '/^latency average/ { latency = $4 } /^tps/ { tps = $3 } END { printf "%.1f\t%.3f\t%.0f\n", tps, latency, cpu * 1000 / n }' "$log"
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
