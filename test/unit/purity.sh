#!/bin/sh
# purity.sh COMPILER...: the rules of src/core that a compiler can check, as TAP. Every source refuses
# to compile beside the server's headers, and every header stands alone.
cd "$(dirname "$0")/../../src" || exit 1
count=0
failures=0

report() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        failures=$((failures + 1))
    fi
}

for source in core/*.cpp; do
    "$@" -DPOSTGRES_H -fsyntax-only "$source" 2>&1 | grep -q 'src/core knows no PostgreSQL'
    report $? "$source refuses the server's headers"
done
for header in core/*.hpp; do
    echo "#include \"$header\"" | "$@" -Werror -fsyntax-only -x c++ -
    report $? "$header stands alone"
done
echo "1..$count"
[ "$failures" -eq 0 ] && [ "$count" -gt 0 ]
