#!/bin/bash
# What the build promises, in a copy of the checkout: it rebuilds what changed and nothing else, the compiler
# does not warn, a release archive is complete, and CMake writes the same install script. Needs no server.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/tree.bash

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
checkout=$PWD copy=$scratch/copy
copy_tree "$copy"
ok $? "the checkout is copied"
cd "$copy" || exit 1
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)
script=driplo--$version.sql

# What test/run has compiled of the checkout is what it would compile of the copy.
is "$(head -n 20 "$checkout/build/compiler-output")" "" "make says nothing: the compiler has no warning"
(cd "$checkout" && make -s && find src -name '*.[od]' | tar cf - -T -) | tar xf - && find src -name '*.o' -exec touch {} + && make -s >"$scratch/log" 2>&1
ok $? "make builds the library and the install script"

# later FILE: changed after everything that is there, also where a file's time is only exact to a few milliseconds
later() { sleep 0.1 && touch "$1"; }
# compiled: the sources that make would compile now.
compiled() { make -n 2>&1 | grep -oE ' -c [^;]*' | grep -oE 'src/[a-z0-9_/]+\.cpp' | sort -u; }
# includers HEADER: the sources that include it, at whatever depth, as the text of the files says.
includers() {
    local found="$1" before=
    while [ "$found" != "$before" ]; do
        before=$found
        found=$({
            echo "$found"
            grep -rlE "^#include \"($(tr '\n' '|' <<<"$found" | sed 's/|$//'))\"" src --include='*.[hc]pp' | sed 's:^src/::'
        } | sort -u)
    done
    grep '\.cpp$' <<<"$found" | sed 's:^:src/:'
}
is "$(make -q && echo 'up to date')" "up to date" "then nothing is left to do"
for header in pg/value.hpp core/order_state.hpp; do
    later "src/$header"
    is "$(compiled)" "$(includers $header)" "after a change of src/$header make compiles the sources that include it, and no other"
    make -s -t >/dev/null
done
later driplo.control
is "$(compiled)" "$(find src -name '*.cpp' | sort)" "after a change of driplo.control, which has the version, it compiles every source"
make -s -t >/dev/null
later sql/functions/admin.sql
is "$(compiled), $(make -n 2>&1 | grep -c 'sql/assemble')" ", 1" "after a change of a file in sql/ it compiles nothing and writes the install script anew"
make -s

# The archive is made of what is committed.
{
    git init -q && git add -A && git -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false commit -q -m "A release"
} >"$scratch/log" 2>&1
ok $? "the copy is committed"
archive=$(make -s dist 2>"$scratch/log")
is "$? $archive" "0 build/driplo-$version.0.zip" "make dist makes an archive named after the version"
# Perl is there, since postgresql-common needs it; unzip need not be. Each entry a line, or the text of one.
entries() {
    perl -MIO::Uncompress::Unzip=:all -e '
        my ($archive, $wanted) = @ARGV;
        my $zip = IO::Uncompress::Unzip->new($archive) or die "$archive: $UnzipError\n";
        for (my $more = 1; $more > 0; $more = $zip->nextStream) {
            my $name = $zip->getHeaderInfo->{Name};
            my $text = do { local $/; <$zip> } // "";
            if (defined $wanted) { print $text if $name eq $wanted } elsif ($name !~ m{/$}) { print "$name\n" }
        }' "$@"
}
is "$(entries "$archive" | sort)" "$(git ls-files | sed "s:^:driplo-$version.0/:" | sort)" "it holds every file of the tree once"
entries "$archive" "driplo-$version.0/META.json" >"$scratch/META.json"
is "$(perl -MJSON::PP -0777 -ne '
    my $meta = decode_json($_);
    print join(" ", $meta->{name}, $meta->{version}, $meta->{provides}{driplo}{version}, /\@/ ? "not filled in" : ())' "$scratch/META.json" 2>&1)" \
    "driplo $version.0 $version.0" "its META.json is valid JSON with the version of driplo.control"
# What PGXN's specification 1.0.0 wants: each term is there, of its form, and there is none that it does not know.
is "$(perl -MJSON::PP -0777 -ne '
    my $meta = decode_json($_);
    my ($text, $version, $path) = (qr/./, qr/^\d+\.\d+\.\d+$/, qr/^[\w.-]+$/);
    sub wrong {
        my ($where, $map, $required, $optional) = @_;
        my %form = (%$required, %$optional);
        print "$where$_ is missing\n" for grep { !defined $map->{$_} } sort keys %$required;
        print "$where$_ is wrong\n" for grep { !$form{$_} || ref $map->{$_} && $form{$_} ne "map" || !ref $map->{$_} && $map->{$_} !~ $form{$_} } sort keys %$map;
    }
    my ($tags, $prereqs) = delete @$meta{"tags", "prereqs"};
    wrong("", $meta, { name => qr{^[^\s/\\]{2,}$}, version => $version, abstract => $text, maintainer => $text, license => qr/^postgresql$/, provides => "map", "meta-spec" => "map" },
        { description => $text, generated_by => $text, release_status => qr/^(stable|testing|unstable)$/ });
    wrong("meta-spec: ", $meta->{"meta-spec"}, { version => qr/^1\.0\.0$/ }, { url => qr{^https?://} });
    for my $name (sort keys %{$meta->{provides}}) {
        wrong("$name: ", $meta->{provides}{$name}, { file => $path, version => $version }, { abstract => $text, docfile => $path });
        -f or print "$_ is not there\n" for grep defined, @{$meta->{provides}{$name}}{"file", "docfile"};
    }
    m{^[^/\\[:cntrl:]]{1,256}$} or print "tag $_ is wrong\n" for @$tags;
    for my $phase (sort keys %$prereqs) {
        $phase =~ /^(configure|build|test|runtime|develop)$/ or print "prereqs: $phase is wrong\n";
        for my $relation (values %{$prereqs->{$phase}}) {
            $relation->{$_} =~ /^(0|\d+\.\d+\.\d+)$/ or print "prereqs: $_ is wrong\n" for sort keys %$relation;
        }
    }' "$scratch/META.json" 2>&1)" "" "and what PGXN wants it to be"
entries "$archive" "driplo-$version.0/src/driplo.cpp" >"$scratch/driplo.cpp"
same_file "$scratch/driplo.cpp" src/driplo.cpp "its files are the tree's"
# as PGXN's client would: unpacked, make, make install; what is compiled already is put beside
python3 -m zipfile -e "$archive" "$scratch" && find src -name '*.[od]' | tar cf - -T - | tar xf - -C "$scratch/driplo-$version.0" &&
    (cd "$scratch/driplo-$version.0" && find src -name '*.o' -exec touch {} + && make -s && make -s install DESTDIR="$scratch/from-archive") >"$scratch/log" 2>&1
ok $? "unpacked, it is built and installed"
make -s install DESTDIR="$scratch/from-tree" >"$scratch/log" 2>&1
is "$(cd "$scratch/from-archive" && find . -type f | sort)" "$(cd "$scratch/from-tree" && find . -type f | sort)" "with the files that the tree installs"
is "$(sed -n '1s/^driplo (\(.*\)-[0-9]*).*/\1/p' debian/changelog)" "$version" "the Debian package has the version of driplo.control"

name="CMake writes the install script that make writes"
if command -v cmake >/dev/null; then
    pg_config=$(sh .ci/server pg_config)
    cmake -B build/cmake -DPG_CONFIG="$pg_config" >"$scratch/log" 2>&1 && cmake --build build/cmake --target script >>"$scratch/log" 2>&1
    ok $? "CMake configures the tree and writes the install script"
    same_file "build/cmake/$script" "$script" "$name"
else
    ok 0 "$name # SKIP it is not installed"
fi

done_testing
