#!/bin/bash
# What docs/tour.md, the README's first sale and the examples of docs/money.md and docs/own-triggers.md show is what a fresh
# database answers: each block of SQL is run as it stands there, the blocks of a page in one session of psql, and compared with
# the block of text below it.
# With --write as its argument it puts the answers into the pages instead. Numbers of orders, and the digits after
# admin, are drawn anew each time.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_tour
work=$(mktemp -d)

# as the README says it
installation=$(mktemp)
trap 'dropdb --if-exists $database; rm -rf "$work" "$installation"' EXIT
awk '/^## / { inside = $0 == "## Installation" } inside && /^```sql/ { copying = 1; next } copying && /^```/ { exit } copying' README.md >"$installation"
chmod 644 "$installation"

without_chance() { sed -E -e 's/ORD-[0-9]+-[0-9]+/ORD-number/g' -e 's/admin[0-9]+/admin-digits/g' | sed -e '/^$/d'; }

# run_page PAGE CHAPTER: block N of the chapter, or of the page, is in the files N.sql, N.text and N.answer; its heading in N.title.
run_page() {
    dropdb --if-exists $database 2>/dev/null
    createdb -T template0 -E UTF8 $database
    psql -X -q -d $database -v ON_ERROR_STOP=1 -f "$installation" || exit 1
    rm -f "$work"/*
    awk -v work="$work" -v chapter="$2" '
        /^## / { inside = $0 == "## " chapter }
        /^##+ / { heading = $0; sub(/^#+ /, "", heading) }
        chapter != "" && !inside { next }
        /^```sql/ { n++; file = work "/" n ".sql"; print heading > (work "/" n ".title"); next }
        /^```text/ { file = work "/" n ".text"; next }
        /^```/ { file = ""; next }
        file { print > file }
    ' "$1"
    count=$(find "$work" -name '*.sql' | wc -l)
    for n in $(seq "$count"); do
        printf '\\echo @block %s\n' "$n"
        cat "$work/$n.sql"
    done | psql -X -q -d $database 2>&1 | sed 's/ *$//' >"$work/answers"
    awk -v work="$work" '/^@block / { file = work "/" $2 ".answer"; next } { print > file }' "$work/answers"
}

write_page() {
    awk -v work="$work" -v chapter="$2" '
        chapter == "" { inside = 1 }
        chapter != "" && /^## / { inside = $0 == "## " chapter }
        inside && /^```sql/ { n++ }
        inside && /^```text/ {
            print
            file = work "/" n ".answer"
            text = ""
            while ((getline line < file) > 0) text = text line "\n"
            sub(/\n+$/, "\n", text)
            printf "%s", text
            skip = 1
            next
        }
        skip && /^```/ { skip = 0 }
        !skip
    ' "$1" >"$work/page" && cat "$work/page" >"$1"
}

if [ "${1:-}" != --write ]; then
    run_page README.md "Getting started"
    is "$(psql -X -q -At -d $database -c "SELECT item FROM installation_report() WHERE NOT ok" -c "SELECT * FROM security_advisor()" 2>&1)" "" \
        "installed as the README says, all is there and nothing is open"
fi
while IFS='|' read -r page chapter least; do
    run_page "$page" "$chapter"
    if [ "${1:-}" = --write ]; then
        write_page "$page" "$chapter"
        continue
    fi
    [ "$count" -ge "$least" ]
    ok $? "$page has its blocks"
    for n in $(seq "$count"); do
        touch "$work/$n.text" "$work/$n.answer"
        without_chance <"$work/$n.text" >"$work/expected"
        without_chance <"$work/$n.answer" >"$work/found"
        same_file "$work/found" "$work/expected" "$page, block $n: $(cat "$work/$n.title")"
    done
done <<'PAGES'
README.md|Getting started|5
docs/tour.md||15
docs/money.md|Worked examples|8
docs/own-triggers.md|Examples|4
PAGES
[ "${1:-}" = --write ] || done_testing
