#!/bin/bash
# Each error text of src/ and sql/ stands in docs/troubleshooting.md, each function that clients call in the README. Where a
# text has values put in, the words around them are looked for.
set -uo pipefail
cd "$(dirname "$0")/../.."
. test/fixtures/tap.bash

# Texts of errors and notices, a line each, values as "...". A text that is no literal where it is raised is skipped.
texts() {
    perl -0777 -ne '
        while (/(?:error[{(]\s*(?:core::)?errors::\w+|notice\(\s*\w*|bad_setting\(|errmsg\()\s*[,?]?\s*(?:core::format\()?\s*((?:"(?:[^"\\]|\\.)*"\s*)+)/g) {
            my $text = join "", $1 =~ /"((?:[^"\\]|\\.)*)"/g;
            $text =~ s/\\"/"/g;
            $text =~ s/\{[^}]*\}|%s/.../g;
            print "$text\n" unless $text eq "...";
        }' src/*.cpp src/*/*.cpp src/*/*/*.cpp src/*/*.hpp src/*/*/*.hpp
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

missing=0
while IFS= read -r name; do
    grep -qF -- "\`$name(" README.md || { echo "# not there: $name()"; missing=$((missing + 1)); }
done < <(awk -f sql/declarations.awk -v what=rights sql/functions/*.sql | sed -nE "s/^ *\('([a-z_]+)\(.*\)', .*(authenticated|service_role).*/\1/p" | sort -u)
is "$missing" 0 "each function that somebody may call stands in the README"
done_testing
