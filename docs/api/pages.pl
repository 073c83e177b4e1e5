# Puts the pages of docs/api together; docs/run calls it.
#
#   pages.pl script FILE...          the examples of the files as one script of psql, which marks its answers
#   pages.pl write WORK TARGET       WORK holds catalog.json and the answers, AREA.answers; writes into TARGET/docs
#
# A file of examples is a script of psql. What stands below "-- example: FUNCTION as ACTOR", up to the next line of dashes
# ("--"), is shown on the page with its answer; the rest only leads up to it. ACTOR is one of people.sql or a role.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use JSON::PP;

my %title = (accounts => 'Accounts', catalog => 'Catalog', search => 'Search', feed => 'Follows, feed, saved searches, price drops', cart => 'Cart and checkout', offers => 'Offers and bundles', orders => 'Orders', payments => 'Payments, refunds, payouts, store credit',
    promotions => 'Coupons', messaging => 'Messages', message_texts => 'Texts of codes', notifications => 'Notifications', trust => 'Returns, disputes, sales that look odd', outbox => 'The outbox', jobs => 'Jobs', webhooks => 'Webhooks', safety => 'Reports, decisions, appeals', statistics => 'Statistics', monitoring => 'Monitoring', privacy => 'Privacy', admin => 'Administration and reports');
my @areas = qw(accounts catalog search feed cart offers promotions orders payments trust safety messaging notifications message_texts outbox jobs webhooks statistics monitoring privacy admin);
# Whose page a function is on that is declared in a file of another name.
my %area_of_file = (advisor => 'admin', api => 'admin', reports => 'admin', integrity => 'admin', integrity_money => 'admin', call => 'accounts', adoption => 'admin', payment_accounts => 'payments', payment_events => 'payments', gift_cards => 'payments', sign_ins => 'accounts', brands => 'accounts', safety_review => 'safety', staff => 'admin', personal_data => 'privacy', limits => 'accounts', browsing => 'catalog', user_statistics => 'statistics', achievements => 'statistics', dashboards => 'statistics', search_index => 'search', search_app => 'search', prices => 'feed', saved_searches => 'feed', webhooks_sending => 'webhooks', notifications_rules => 'notifications', notifications_tell => 'notifications', notifications_send => 'notifications', currencies => 'payments', charges => 'payments', cash_on_delivery => 'payments', shipping => 'cart', parcels => 'orders', processor_fees => 'payments', partitions => 'admin', partitions_dropping => 'admin', distribution => 'admin');
my %who = (anon => 'anyone', service => 'the service', owner => 'a superuser');

sub slurp { my ($name) = @_; open my $file, '<', $name or die "$name: $!\n"; local $/; my $text = <$file>; return $text }

# The examples of a file in their order: { function, actor, sql }; text outside of them has no function.
sub parts {
    my ($name) = @_;
    my @parts = ({ sql => '' });
    for my $line (split /\n/, slurp($name)) {
        if ($line =~ /^-- example: (\w+) as (\w+)$/) { push @parts, { function => $1, actor => $2, sql => '' } }
        elsif ($line =~ /^--$/) { push @parts, { sql => '' } }
        else { $parts[-1]{sql} .= "$line\n" }
    }
    return @parts;
}

sub script {
    my $n = 0;
    for my $file (@_) {
        for my $part (parts($file)) {
            if (!$part->{function}) { print "$part->{sql}"; next }
            my $actor = $part->{actor};
            my ($role, $claims) = $actor eq 'anon' ? ('anon', '') : $actor eq 'service' ? ('service_role', '') : $actor eq 'owner' ? (undef, '') : ('authenticated', ":'$actor'");
            print "SET ROLE $role;\n" if $role;
            print "SELECT set_config('request.jwt.claims', json_build_object('sub', $claims, 'role', 'authenticated')::text, false) \\g /dev/null\n" if $claims;
            print "\\echo \@example ", $n++, "\n$part->{sql}\\echo \@end\nRESET ROLE;\nRESET request.jwt.claims;\n";
        }
    }
}

# What is made up anew each time gets one value for each, in order: ids but those of people.sql, and numbers of orders.
sub without_chance {
    my ($text, $seen) = @_;
    $text =~ s/\b(?!(\d)\1{7}-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/$seen->{id}{$&} \/\/= sprintf 'a0000000-0000-4000-8000-%012d', scalar keys %{$seen->{id}}/ge;
    $text =~ s/\b([A-Z]+)-\d{8}-(\d{6})\b/$seen->{number}{$&} \/\/= sprintf '%s-20300101-%06d', $1, scalar keys %{$seen->{number}}/ge;
    $text =~ s/^psql:[^ ]*: //mg;
    $text =~ s/ +$//mg;
    $text =~ s/\s+\z/\n/;
    return $text;
}

sub names_of_roles {
    my ($function) = @_;
    my %is = map { $_ => 1 } @{ $function->{roles} };
    my @who;
    push @who, 'everyone' if $is{anon};
    push @who, 'users' . ($function->{remark} ? " (only $function->{remark})" : '') if $is{authenticated} && !$is{anon};
    push @who, 'the service' if $is{service_role} && !$is{anon};
    return @who ? join(', ', @who) : $function->{is_trigger} ? 'triggers only' : 'superusers';
}

sub default_of { my ($text) = @_; $text =~ s/::[a-z ]+(?=$)//; return $text }

sub synopsis {
    my ($function) = @_;
    my @arguments = map { "$_->{name} $_->{type}" . (defined $_->{default} ? ' DEFAULT ' . default_of($_->{default}) : '') } @{ $function->{arguments} };
    my $result = @{ $function->{columns} } ? 'TABLE' : $function->{result};
    my $end = defined $result ? ") RETURNS $result" : ')'; # a procedure has none
    my $call = (defined $result ? '' : 'CALL ') . "$function->{name}(";
    my $line = $call . join(', ', @arguments) . $end;
    return $line if length $line <= 100;
    return $call . (@arguments ? "\n    " . join(",\n    ", @arguments) . "\n" : '') . $end;
}

sub table {
    my ($head, @rows) = @_;
    return join '', map { '| ' . join(' | ', @$_) . " |\n" } $head, [ map { '---' } @$head ], @rows;
}

# Lines of at most 100 characters, as the other pages have them.
sub wrapped {
    my ($text, $indent) = @_;
    my ($out, $line) = ('', '');
    for my $word (split ' ', $text) {
        if (length("$line $word") > 100 && $line ne '') { $out .= "$line\n"; $line = $indent . $word }
        else { $line .= ($line eq '' ? '' : ' ') . $word }
    }
    return "$out$line\n";
}
sub marked_up { my ($text) = @_; $text =~ s/(?<![`\w])((?:driplo\.\w+|[a-z]+(?:_[a-z]+)+)(?:\(\))?)(?![\w`])/`$1`/g; $text =~ s/(?<![`\w])(\w+\(\))/`$1`/g; return $text }

# The first sentence, or what it says before it goes into detail; whom the function is for is told on its page.
sub summary {
    my ($text) = @_;
    $text =~ s/^For (?:[^:.(]|\([^)]*\))*[:.] //;
    my ($first) = $text =~ ($text =~ /^\w+ \w*:|^(?:BEFORE|Trigger)/ ? qr/^(.*?[^ ]{2})[.;](?: |$)/s : qr/^(.*?[^ ]{2})[.:;](?: |$)/s);
    return ucfirst($first // $text);
}

sub section {
    my ($function, @examples) = @_;
    my $comment = $function->{comment};
    my $errors = $comment =~ s/\s*\bErrors?: (.*)\z//s ? $1 : undef;
    my $page = "## $function->{name}\n\n```sql\n" . synopsis($function) . "\n```\n\n" . wrapped(marked_up($comment), '') . "\n";
    $page .= wrapped('- Called by: ' . names_of_roles($function), '  ');
    if (!$function->{is_trigger}) {
        my %volatility = (v => 'volatile', s => 'stable', i => 'immutable');
        $page .= "- \u$volatility{$function->{volatility}}" . ($function->{is_strict} ? '; NULL for an argument that is NULL' : '') . "\n";
    }
    $page .= wrapped('- Runs with the rights of its owner. ' . marked_up($function->{reason}), '  ') if defined $function->{reason};
    $page .= wrapped('- Errors: ' . marked_up($errors), '  ') if defined $errors;
    my @arguments = @{ $function->{arguments} };
    $page .= "\n" . table([ 'argument', 'type', 'default' ], map { [ "`$_->{name}`", $_->{type}, defined $_->{default} ? '`' . default_of($_->{default}) . '`' : 'required' ] } @arguments) if @arguments;
    $page .= "\n" . table([ 'result', 'type' ], map { [ "`$_->{name}`", $_->{type} ] } @{ $function->{columns} }) if @{ $function->{columns} };
    for my $example (@examples) {
        my $actor = $who{ $example->{actor} } // "the $example->{actor}";
        $page .= "\nAs $actor:\n\n```sql\n$example->{sql}```\n```text\n$example->{answer}```\n";
    }
    return $page . "\n";
}

sub write_pages {
    my ($work, $target) = @_;
    my $catalog = decode_json(do { open my $f, '<:raw', "$work/catalog.json" or die; local $/; <$f> });
    my %function = map { $_->{name} => $_ } @{ $catalog->{functions} };
    @{ $catalog->{functions} } == keys %function or die "two functions of one name: the pages know each by its name\n";

    my %of_area;
    for my $file (sort glob 'sql/functions/*.sql') {
        my ($name) = $file =~ /(\w+)\.sql$/;
        my $area = $area_of_file{$name} // $name;
        my $remark;
        for (split /\n/, slurp($file)) {
            $remark = $1 if /^-- rights: [^(]*\(users: (.*)\)$/;
            next unless /^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) (\@extschema\@\.)?(?:private\.)?(\w+)\(/;
            if ($1) { $function{$2}{remark} = $remark; push @{ $of_area{$area} }, $2 }
            undef $remark;
        }
    }
    for (keys %of_area) { $title{$_} or die "the functions of $_ have no page: docs/api/pages.pl names the pages\n" }

    my (%examples, @without);
    for my $area (@areas) {
        my $file = "docs/api/examples/$area.sql";
        next unless -e $file;
        my ($n, %seen) = (0);
        my @answers = split /^\@example \d+\n/m, slurp("$work/$area.answers");
        my $before = shift @answers;
        die "$file: $before" if $before =~ /\S/;
        for my $example (grep { $_->{function} } parts($file)) {
            my ($answer, $after) = split /^\@end\n/m, $answers[$n++], 2;
            die "$file, after $example->{function}: $after" if !defined $after || $after =~ /\S/;
            $function{ $example->{function} } or die "$file: there is no function $example->{function}\n";
            $example->{answer} = without_chance($answer, \%seen);
            push @{ $examples{ $example->{function} } }, $example;
        }
    }

    mkdir "$target/docs/api";
    my $index = <<'TEXT';
# Functions

What clients, the back end and administrators call, a page for each area. `make docs` writes these
pages from the declarations in `sql/functions/`, their comments and rights, and the catalog.
Argument names are part of the interface: PostgREST calls by name. Enum arguments are `text`.

- *users*: `authenticated`, everyone who has signed in; the text says what else they need to be
- *the service*: `service_role`, the owner of the database, a superuser
- *everyone*: `anon` too
- *staff*: moderators and admins, users whose profile has that `role`

The caller is `auth.uid()`. What a code means is in [errors](../errors.md), each message in
[troubleshooting](../troubleshooting.md).

The examples of a page are one session of psql in a new database, after
[people.sql](examples/people.sql); what happens between them is in the area's file in
[examples](examples). `:'lamp'` and similar are psql variables that hold IDs. IDs and order numbers
that differ each time are shown as `a0000000-...` and `ORD-20300101-...`.
TEXT
    for my $area (@areas) {
        my @names = @{ $of_area{$area} // [] };
        $index .= "\n## [$title{$area}]($area.md)\n\n";
        my $page = "<!-- Written by make docs from sql/functions and docs/api/examples/$area.sql: change these. -->\n\n# $title{$area}\n\n"
            . join(" ·\n", map { "[`$_()`](#$_)" } @names) . "\n\n[How to read this page](README.md)\n\n";
        for my $name (@names) {
            $page .= section($function{$name}, @{ $examples{$name} // [] });
            push @without, $name if !$examples{$name} && !$function{$name}{is_trigger};
            $index .= wrapped("- [`$name()`]($area.md#$name): " . marked_up(summary($function{$name}{comment})), '  ');
        }
        open my $out, '>', "$target/docs/api/$area.md" or die "$area.md: $!\n";
        $page =~ s/\n+\z/\n/;
        print $out $page;
    }
    open my $out, '>', "$target/docs/api/README.md" or die "README.md: $!\n";
    print $out $index;
    print STDERR 'without an example: ', join(', ', @without), "\n" if @without;

    # docs/rights.md, the private functions last
    my (@rows, @private);
    for my $f (@{ $catalog->{rights} }) {
        my $rights = join ' | ', map { $f->{$_} ? 'yes' : 'refused' } qw(anon authenticated service_role);
        next if $rights !~ /yes/;
        push @{ $f->{signature} =~ /^private\./ ? \@private : \@rows }, "| `$f->{signature}` | $rights |\n";
    }
    push @rows, @private;
    my $rights = slurp('docs/rights.md');
    $rights =~ s/^(\| function \| anon [^\n]*\n\| ---[^\n]*\n)(?:\|[^\n]*\n)*/$1 . join '', @rows/me or die "docs/rights.md has no table of functions\n";
    open $out, '>', "$target/docs/rights.md" or die "rights.md: $!\n";
    print $out $rights;
}

my $what = shift // '';
if ($what eq 'script') { script(@ARGV) } elsif ($what eq 'write') { write_pages(@ARGV) } else { die "pages.pl script|write\n" }
