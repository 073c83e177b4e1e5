#!/bin/bash
# Messages, details, hints and COMMENTs are plain American English by PostgreSQL's error message style guide. What cannot
# be tested is whether they read well; what can is listed here: patterns that once stood in them, each with its reason.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

# A line "PATH TEXT" for each string of C++ that has two words and is no SQL, of SQL for each COMMENT and each text of a RAISE.
texts() {
    perl -0777 -ne '
        s{^\s*#.*|//.*}{}mg;
        while (/((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g) {
            my $text = join "", $1 =~ /"((?:[^"\\\n]|\\.)*)"/g;
            $text =~ s/\\"/"/g;
            next unless $text =~ /\w \w/;
            next if $text =~ /\b(?:SELECT|INSERT|UPDATE|DELETE|WITH|FROM|WHERE|CASE|JOIN|ORDER BY|LIMIT|GROUP BY|RETURNING)\s/ && $text !~ /[.]$/;
            print "$ARGV $text\n";
        }' src/*/*.cpp src/*/*/*.cpp src/core/error.hpp
    perl -0777 -ne '
        my $quoted = qr/\x27((?:[^\x27]|\x27\x27)*)\x27/;
        while (/COMMENT ON [^\x27]*? IS\s+((?:$quoted\s*)+);/g) {
            my $text = join "", map { s/\x27\x27/\x27/gr } $1 =~ /$quoted/g;
            print "$ARGV $text\n";
        }
        while (/RAISE (?:EXCEPTION|WARNING|NOTICE)\s+(.*?);\n/sg) {
            my $raise = $1;
            while ($raise =~ /$quoted/g) {
                my $text = $1 =~ s/\x27\x27/\x27/gr;
                $text =~ s/\s+/ /g;
                print "$ARGV $text\n" if $text =~ /\w \w/;
            }
        }' sql/*/*.sql
    sed -nE "s/.*(RAISE (NOTICE|WARNING)|HINT =) '([^']*)'.*/sql\/assemble \3/p" sql/assemble
}

# A Perl regular expression, upper and lower case being alike, a tab, and what to write instead.
patterns=$(cat <<'LIST'
\b(an?|the|of) own\b	"the own listing" is no English: your own, its own
^nobody\b	an error has no person as its subject: cannot ...
\bnobody (buys|can|may)\b	cannot ..., or no with a noun
\b(some|every)body\b	name the role: a user, all users, another user
\bwho(m)?ever\b	name the role
(?<!there )\bis none\b	does not exist, is not one of ...
\blet alone\b	not checked, left unchanged
\btakings\b	earnings, seller balance
(?<!")\bpieces?\b	items, stock, quantity
\bwas said\b	write who does what
\bthere is no such\b	X does not exist
\bno such\b	X does not exist, not found
^there is no\b	unrecognized X: "..."
\bany more\b	no longer
\bat present\b	currently
\b(is|are) no \w+$	is not a ...
\bwho is no\b	which is not a ...
\bdoes not know\b	unrecognized X: "..."
^unknown\b(?! C\+\+)	unrecognized
\billegal [a-z]	invalid, not allowed; illegal alone is a category of reports
\btriggers? of your own\b	user-defined
\btakes no more\b	does not accept, cannot add
\bgoes? back\b	is refunded, is returned
\bgive(s|n)? back\b	refund, return, restore
\bwhat is wrong\b	the problem
\bmend\b	fix, correct
\babove zero\b	greater than zero
\bdigits after the point\b	decimal places
\bat most\b$	not more than, in front of the number
\bas it is\b	say which condition is not met
\bput into a cart\b	add to a cart
LIST
)

listed=$(texts)
[ "$(grep -c . <<<"$listed")" -ge 300 ]
ok $? "texts are found in the source"
while IFS=$'\t' read -r pattern reason; do
    found=$(P="$pattern" perl -ne 'my ($path, $text) = split / /, $_, 2; print if $text =~ /$ENV{P}/i' <<<"$listed")
    is "$found" "" "$pattern: $reason"
done <<<"$patterns"
# messages are no sentences
is "$(perl -0777 -ne 'while (/(?:core::)?errors::\w+,\s*(?:core::format\(\s*)?"((?:[^"\\]|\\.)*)"\s*[,}]/g) { my $t = $1; print "$ARGV $t\n" if $t =~ /^[A-Z][a-z]+ / || $t =~ /[.]$/ }' \
    src/*/*.cpp src/*/*/*.cpp)" "" "a message begins in lower case and has no full stop"
is "$(perl -0777 -ne 'while (/\b(?:DETAIL|HINT) = (?:format\()?\x27((?:[^\x27]|\x27\x27)*)\x27/g) { my $t = $1; print "$ARGV $t\n" if $t !~ /^[A-Z%@]/ }' \
    sql/*/*.sql)" "" "details and hints begin in upper case"
done_testing
