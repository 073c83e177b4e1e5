#!/bin/bash
# The benchmarks work: the short form of make bench, with little data. What takes time is looked at by nobody here; what is counted is the same on every
# machine, and neither more nor less than what docs/benchmarks.md promises.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DRIPLO_BENCH=short DRIPLO_BENCH_RESULTS=$scratch bench/run in-server functions sale flow reads contention growth search outbox limits sessions >"$scratch/log" 2>&1
ok $? "every part runs"
[ -s "$scratch/outbox-snapshot.tsv" ] || sed 's/^/#   /' "$scratch/log" | tail -n 30

lines_in() { wc -l <"$scratch/$1.tsv" 2>/dev/null; }
is "$(lines_in functions) $(lines_in sale) $(lines_in counts) $(lines_in flow) $(lines_in reads) $(lines_in contention) $(lines_in growth) $(lines_in sale-last) $(lines_in counts-last)" "12 5 15 1 10 4 8 5 10" "and leaves its figures"
# side, lines, round trips, statements sent, statements run inside, buffers, bytes of WAL, rows written
counted() { awk -F '\t' -v OFS=' ' "$1" "$scratch/counts.tsv"; }
is "$(counted '$1 == "driplo" { print $2, $3, $4, $8 }')" "1 1 2 8.0
3 1 2 14.0
10 1 2 35.0" "an order is one round trip, and writes eight rows with one item, one of them for the rate limit, three for each more"
is "$(counted '$1 != "driplo" && $2 == 3 { print $1, $8 }')" "plpgsql 11.0
application 11.0
batched 11.0
bare 11.0" "the others write the same, but for the event, the rate limit and the address, which driplo keeps from the seller until the order is paid"
is "$(counted '$1 == "application" { print $2, $3 }')" "1 10
3 14
10 28" "in more round trips"
is "$(counted '$1 == "driplo" && $5 > 20 + 2 * $2 { print }')" "" "no more statements run inside than 20 and two for each line"
is "$(awk -F '\t' '{ print $2 <= 6, $4 <= 12000, $5 <= 25 }' "$scratch/flow.tsv")" "1 1 1" "from the cart to paid it is six statements, less than 12 kB of WAL and no more than 25 rows"
is "$(lines_in search-writes)" 12 "six kinds of writes are measured with the index of the search and without"
is "$(awk -F '\t' '$1 == "stock, pieces left" { bytes[$2] = $4 } END { print bytes["t"] < bytes["f"] + 50 }' "$scratch/search-writes.tsv")" 1 "a stock update writes nothing for the search"
is "$(awk -F '\t' '$1 == "driplo" { n++; found += $4 } END { print n, (found >= 0.8 * n) }' "$scratch/search-recall.tsv")" "9 1" "nine kinds of mistakes are corrected"
is "$(awk -F '\t' '$1 != "an event alone" { print ($3 > 0 && $3 <= 250) }' "$scratch/outbox-costs.tsv" | xargs)" "1 1 1 1" "a checkout, a message, a favorite and a follow write an event of at most 250 bytes"
is "$(awk -F '\t' '$1 ~ /^checkout/ { print ($3 <= 0.05 * ($2 - $3)) }' "$scratch/outbox-costs.tsv")" 1 "which is at most 5 percent of a checkout's WAL"
is "$(awk -F '\t' 'NR <= 2 { print $1, ($2 >= 1000) } ' "$scratch/outbox-rates.tsv" | xargs)" "alone 1 beside sales 1" "all that waits is delivered, also beside sales"
is "$(awk -F '\t' '{ print ($2 > 0 && $3 > 0) }' "$scratch/limits.tsv" | xargs)" "1 1 1 1" "a checkout, a message, a favorite and a follow are timed with their limits and without"
is "$(cut -f 1,2 "$scratch/sessions.tsv" | xargs) $(cut -f 1,2 "$scratch/sessions-jobs.tsv" | xargs)" \
    "no bare no batched no driplo no nothing no plpgsql yes bare yes batched yes driplo yes nothing yes plpgsql driplo 50 plpgsql 50" "new connections and the job are timed, and all unpaid orders end"
is "$(cut -f 1 "$scratch/outbox-snapshot.tsv")" 3000 "and what is gone is kept while a snapshot needs it"
done_testing
