#!/bin/bash
# Each error text of src/ and sql/ stands in docs/troubleshooting.md, each function that clients call in docs/api, each
# setting in docs/settings.md, each code of driplo's own in docs/errors.md; and each link of a page leads somewhere. Where a text
# has values put in, the words around them are looked for.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

# Texts of errors and notices, a line each, values as "...". A text that is no literal where it is raised is skipped.
texts() {
    perl -0777 -ne '
        while (/(?:error[{(]\s*(?:core::)?errors::\w+|notice\(\s*\w*|bad_setting\(|errmsg\()\s*[,?]?\s*(?:core::format\()?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)/g) {
            my $text = join "", $1 =~ /"((?:[^"\\]|\\.)*)"/g;
            $text =~ s/\\"/"/g;
            $text =~ s/\{[^}]*\}|%s/.../g;
            print "$text\n" unless $text eq "...";
        }
        print "$1 \"...\" does not exist\n" while /\bdoes_not_exist\("([^"]+)"/g;' src/*.cpp src/*/*.cpp src/*/*/*.cpp src/*/*.hpp src/*/*/*.hpp
    perl -0777 -ne '
        while (/RAISE (?:EXCEPTION|WARNING|NOTICE) \x27((?:[^\x27]|\x27\x27)*)\x27/g) {
            my $text = $1;
            $text =~ s/%|\@\w+\@/.../g;
            print "$text\n";
        }' sql/*/*.sql
}

missing=0 count=0
while IFS= read -r text; do
    count=$((count + 1))
    while IFS= read -r part; do
        [ ${#part} -le 5 ] || grep -qF -- "$part" docs/troubleshooting.md || { echo "# not there: $text"; missing=$((missing + 1)); break; }
    done < <(sed -E 's/ *\.\.\. */\n/g' <<<"$text")
done < <(texts | sort -u)
[ "$count" -ge 80 ]
ok $? "error texts are found in the source"
is "$missing" 0 "each stands in docs/troubleshooting.md"

# PAGE: which of the words on standard input it lacks.
lacking() {
    while IFS= read -r words; do
        grep -qF -- "$words" "$1" || echo "$words"
    done
}
functions=$(awk -f sql/declarations.awk -v what=rights sql/functions/*.sql | sed -nE "s/^ *\('([a-z_0-9]+)\(.*\)', .*(authenticated|service_role).*/- [\`\1()\`](/p" | sort -u)
[ "$(wc -l <<<"$functions")" -ge 60 ]
ok $? "functions are found in the source"
is "$(lacking docs/api/README.md <<<"$functions")" "" "each function that clients may call stands in docs/api"
settings=$(sed -nE 's/^ *\{"(driplo\.[a-z_]+)",.*/`\1`/p' src/pg/settings.cpp)
[ "$(wc -l <<<"$settings")" -ge 20 ]
ok $? "settings are found in the source"
is "$(lacking docs/settings.md <<<"$settings")" "" "each stands in docs/settings.md"
codes=$(grep -oE '"MK[0-9]{3}"' src/core/error.hpp | tr -d '"' | sed 's/.*/| & |/')
[ "$(wc -l <<<"$codes")" -ge 15 ]
ok $? "codes are found in the source"
is "$(lacking docs/errors.md <<<"$codes")" "" "each stands in docs/errors.md"
# What clients are shown: driplo's codes, those of docs/errors.md, and the problems of a cart, in English as C++ says it.
shown=$(grep -oE '"MK[0-9]{3}"' src/core/error.hpp | tr -d '"'; sed -nE 's/^\| ([0-9A-Z]{5}) \|.*/\1/p' docs/errors.md)
[ "$(wc -l <<<"$shown")" -ge 30 ]
ok $? "codes that clients are shown are found"
is "$(sort -u <<<"$shown" | sed -E "s/.*/('&', 'en', /" | lacking sql/rows/message_texts.sql)" "" "each has a text in English"
is "$(sort -u <<<"$shown" | sed -E "s/.*/('&', 'bg', /" | lacking sql/rows/message_texts.sql)" "" "and in Bulgarian"
problems=$(sed -n '/problem_texts{{/,/}};/p' src/api/cart/quote.cpp | tr -d '\n' | grep -oE '\{"[a-z_]+", *"[^"]*"\}' | sed -E "s/\{\"([a-z_]+)\", *\"(.*)\"\}/('\1', 'en', '\2')/")
[ "$(wc -l <<<"$problems")" -ge 6 ]
ok $? "problems of a cart are found"
is "$(lacking sql/rows/message_texts.sql <<<"$problems")" "" "each has the same text in English"
is "$(sed -E "s/'en'.*/'bg', /" <<<"$problems" | lacking sql/rows/message_texts.sql)" "" "and one in Bulgarian"
is "$(find . -name '*.md' -not -path './.*' -not -path './build/*' -exec perl test/fixtures/links.pl {} +)" "" "each link of a page leads to a file and a heading that exist"
done_testing
