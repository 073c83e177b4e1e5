#!/bin/bash
# The worked example of docs/contributing/add-a-feature.md fits the tree: its blocks find their places, the script is
# assembled with what they add, and the code compiles. It touches no more files than it says.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ git ls-files 2>/dev/null || find . -type f \( -path './.ci/*' -o -not -path './.*' \) -not -path './build/*' -not -name '*.[od]'; } | xargs cp --parents -t "$work"
sh sql/assemble 1.0 >"$work/before.sql"
(cd "$work" && perl test/fixtures/apply-page.pl docs/contributing/add-a-feature.md) >"$work/touched" 2>"$work/said"
ok $? "each block has its place"
sed 's/^/#   /' "$work/said"
is "$(sort -u "$work/touched" | grep -vE '^(test/|docs/api/examples/)' | wc -l)" 10 "ten files change beside tests"
(cd "$work" && sh sql/assemble 1.0) >"$work/after.sql"
ok $? "the script can be assembled"
is "$(diff "$work/before.sql" "$work/after.sql" | grep -oE "'(wishes|wish_hits)[^']*'" | sort -u | xargs)" \
    "wish_hits wish_hits(uuid,integer) wishes wishes_max_price_check wishes_pkey wishes_user_id_fkey wishes_words_check wishes_words_user_id_key" \
    "rights and objects are derived"
make -s -C "$work" src/api/catalog/wishes.o >"$work/compiler" 2>&1
ok $? "the code compiles"
is "$(cat "$work/compiler")" "" "without a warning"
done_testing
