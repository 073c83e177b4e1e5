#!/usr/bin/perl
# generate.pl CATALOG DOCS TARGET: writes database.types.d.ts, index.js and index.d.ts into the folder TARGET/clients/typescript and
# TARGET/docs/openapi.json, from what catalog.sql says of a database, and error codes and steps from errors.md, orders.md and
# disputes.md of the folder DOCS, which are tested against the sources.
use strict;
use warnings;
use JSON::PP;

my ($catalog_file, $docs, $target) = @ARGV;
sub slurp { open my $in, '<:raw', $_[0] or die "$_[0]: $!\n"; local $/; return <$in> }
sub spew { open my $out, '>:raw', "$target/$_[0]" or die "$_[0]: $!\n"; print $out $_[1] }
my $catalog = JSON::PP->new->utf8->decode(slurp($catalog_file));
my $schema = $catalog->{schema};
my %is_enum = map { $_->{name} => 1 } @{ $catalog->{enums} };
my %is_composite = map { $_->{name} => 1 } @{ $catalog->{composites} };

sub type_of {
    my ($type) = @_;
    return type_of($1) . '[]' if $type =~ /^(.*)\[\]$/;
    $type =~ s/\(.*\)//;
    $type =~ s/^(?:"[^"]+"|\w+)\.//;
    $type =~ s/^"(.*)"$/$1/;
    return "Database[\"$schema\"][\"Enums\"][\"$type\"]" if $is_enum{$type};
    return "Database[\"$schema\"][\"CompositeTypes\"][\"$type\"]" if $is_composite{$type};
    return 'number' if $type =~ /^(?:smallint|integer|bigint|numeric|real|double precision)$/;
    return 'boolean' if $type eq 'boolean';
    return 'Json' if $type =~ /^jsonb?$/;
    return 'undefined' if $type eq 'void';
    return 'string';
}
sub comment { # INDENT TEXT
    my ($indent, $text) = @_;
    return '' if !defined $text || $text eq '';
    $text = words($text) =~ s{\*/}{* /}gr;
    return $text eq '' ? '' : "$indent/** $text */\n";
}
sub words { # a COMMENT without PostGraphile's tags, in one line
    my $text = $_[0] // '';
    $text =~ s/^\@\S+.*(?:\n|$)//mg;
    $text =~ s/\s+/ /g;
    return $text =~ s/^ | $//gr;
}
sub row { # WHAT COLUMNS: the members of Row, Insert or Update
    my ($what, $columns) = @_;
    my $members = '';
    for my $c (@$columns) {
        next if $what eq 'Insert' && !$c->{inserted} || $what eq 'Update' && !$c->{updated};
        my $optional = $what eq 'Update' || $what eq 'Insert' && $c->{optional} ? '?' : '';
        $members .= comment(' ' x 10, $c->{comment}) if $what eq 'Row';
        $members .= ' ' x 10 . "$c->{name}$optional: " . type_of($c->{type}) . ($c->{nullable} ? ' | null' : '') . "\n";
    }
    return $members eq '' ? "        $what: Record<string, never>\n" : "        $what: {\n$members        }\n";
}
sub list { return '[' . join(', ', map { "\"$_\"" } @{ $_[0] }) . ']' }

my $types = <<"HEAD";
// Types of driplo's API schema, in the shape of supabase-js. Made by `make docs`; do not edit.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  $schema: {
    Tables: {
HEAD
for my $t (@{ $catalog->{tables} }) {
    my $relationships = join '', map {
        "          {\n            foreignKeyName: \"$_->{name}\"\n            columns: " . list($_->{columns})
          . "\n            isOneToOne: " . ($_->{isOneToOne} ? 'true' : 'false')
          . "\n            referencedRelation: \"$_->{target}\"\n            referencedColumns: " . list($_->{targetColumns}) . "\n          },\n"
    } @{ $t->{relationships} };
    $types .= "      $t->{name}: {\n" . row('Row', $t->{columns}) . row('Insert', $t->{columns}) . row('Update', $t->{columns})
      . ($relationships eq '' ? "        Relationships: []\n" : "        Relationships: [\n$relationships        ]\n") . "      }\n";
}
$types .= "    }\n    Views: {\n      [_ in never]: never\n    }\n    Functions: {\n";
for my $f (@{ $catalog->{functions} }) {
    my $args = join '; ', map { "$_->{name}" . ($_->{optional} ? '?' : '') . ': ' . type_of($_->{type}) . ($_->{optional} ? ' | null' : '') } @{ $f->{args} };
    $types .= comment(' ' x 6, $f->{comment}) . "      $f->{name}: {\n        Args: " . ($args eq '' ? 'Record<string, never>' : "{ $args }")
      . "\n        Returns: " . type_of($f->{result}) . ($f->{set} ? '[]' : '') . "\n      }\n";
}
$types .= "    }\n    Enums: {\n";
$types .= "      $_->{name}: " . join(' | ', map { "\"$_\"" } @{ $_->{labels} }) . "\n" for @{ $catalog->{enums} };
$types .= "    }\n    CompositeTypes: {\n";
for my $c (@{ $catalog->{composites} }) {
    $types .= "      $c->{name}: {\n" . join('', map { "        $_->{name}: " . type_of($_->{type}) . ($_->{nullable} ? ' | null' : '') . "\n" } @{ $c->{columns} }) . "      }\n";
}
$types .= <<"TAIL";
    }
  }
}

type Schema = Database["$schema"]
/** A row as it is read. */
export type Row<Name extends keyof Schema["Tables"]> = Schema["Tables"][Name]["Row"]
/** What an INSERT may name. */
export type Insert<Name extends keyof Schema["Tables"]> = Schema["Tables"][Name]["Insert"]
/** What an UPDATE may name. */
export type Update<Name extends keyof Schema["Tables"]> = Schema["Tables"][Name]["Update"]
/** The arguments of a function, by name. */
export type Args<Name extends keyof Schema["Functions"]> = Schema["Functions"][Name]["Args"]
/** What a function returns. */
export type Returns<Name extends keyof Schema["Functions"]> = Schema["Functions"][Name]["Returns"]
/** The labels of an enum. */
export type Enum<Name extends keyof Schema["Enums"]> = Schema["Enums"][Name]
TAIL
spew('clients/typescript/database.types.d.ts', $types);

my @errors = slurp("$docs/errors.md") =~ /^\| (\w{5}) \| (\w+) \| ([^|]*?) \|$/mg;
my (@codes, @documented);
while (my ($code, $name, $meaning) = splice @errors, 0, 3) {
    push @codes, "  $name: \"$code\",\n";
    push @documented, comment('  ', $meaning) . "  readonly $name: \"$code\"\n";
}
my (@machines, %is_actor);
for (['orders.md', 'order_status'], ['disputes.md', 'return_status', 'dispute_status']) {
    my ($page, @names) = @$_;
    my @tables = slurp("$docs/$page") =~ /^\| from \| to, and who may \|\n\| --- [^\n]*\n((?:\|[^\n]*\n)+)/mg;
    die "$page has other tables of steps\n" if @tables != @names;
    for my $table (@tables) {
        my $steps = '';
        for my $row (split /\n/, $table) {
            my ($from, $groups) = $row =~ /^\| `(\w+)` \| (.*) \|$/ or die "$page: $row\n";
            my @steps;
            while ($groups =~ /((?:`\w+`(?:, )?)+) \(([\w, ]+)\)/g) {
                my ($to, $actors) = ($1, $2);
                my @by = map { s/^who opened it$/opener/r =~ s/^the other party$/other_party/r } split /, /, $actors;
                $is_actor{$_} = 1 for @by;
                push @steps, map { "{ to: \"$_\", by: " . list(\@by) . " }" } $to =~ /`(\w+)`/g;
            }
            $steps .= "    $from: [" . join(', ', @steps) . "],\n";
        }
        push @machines, [shift @names, $steps];
    }
}
my $enums = join '', map { "  $_->{name}: " . list($_->{labels}) . ",\n" } @{ $catalog->{enums} };
spew('clients/typescript/index.js', "// Made by `make docs`; do not edit.\n\n/** SQLSTATEs by their names: compare them with error.code. */\nexport const errors = {\n@{[join '', @codes]}}\n\n"
      . "/** The labels of each enum, in their sequence. */\nexport const enums = {\n$enums}\n\n"
      . "/** Which steps exist from each status, and who may take them. */\nexport const steps = {\n"
      . join('', map { "  $_->[0]: {\n$_->[1]  },\n" } @machines) . "}\n");
my $enum_types = join '', map { "  readonly $_->{name}: readonly " . list($_->{labels}) . "\n" } @{ $catalog->{enums} };
my $step_types = join '', map { "  readonly $_->[0]: { readonly [from in Enum<\"$_->[0]\">]?: readonly Step<\"$_->[0]\">[] }\n" } @machines;
spew('clients/typescript/index.d.ts', "// Made by `make docs`; do not edit.\nimport type { Enum } from \"./database.types.js\"\nexport * from \"./database.types.js\"\n\n"
      . "/** SQLSTATEs by their names: compare them with error.code. */\nexport declare const errors: {\n@{[join '', @documented]}}\n\n"
      . "/** The labels of each enum, in their sequence. */\nexport declare const enums: {\n$enum_types}\n\n"
      . "/** system: the application's back end and the staff */\nexport type Actor = " . join(' | ', map { "\"$_\"" } sort keys %is_actor) . "\n"
      . "export interface Step<Name extends \"order_status\" | \"return_status\" | \"dispute_status\"> {\n  readonly to: Enum<Name>\n  readonly by: readonly Actor[]\n}\n"
      . "/** Which steps exist from each status, and who may take them. */\nexport declare const steps: {\n$step_types}\n");

# OpenAPI 3.0 of what PostgREST makes of the API schema

sub schema_of {
    my ($type, $nullable) = @_;
    my %null = $nullable ? (nullable => JSON::PP::true) : ();
    return { type => 'array', items => schema_of($1), %null } if $type =~ /^(.*)\[\]$/;
    my $length = $type =~ /^character(?: varying)?\((\d+)\)/ ? $1 + 0 : undef;
    $type =~ s/\(.*\)//;
    $type =~ s/^(?:"[^"]+"|\w+)\.//;
    my ($enum) = grep { $_->{name} eq $type } @{ $catalog->{enums} };
    return { type => 'string', enum => [@{ $enum->{labels} }, $nullable ? undef : ()], %null } if $enum;
    return { '$ref' => "#/components/schemas/$type" } if $is_composite{$type};
    return { type => 'integer', format => $type eq 'bigint' ? 'int64' : 'int32', %null } if $type =~ /^(?:smallint|integer|bigint)$/;
    return { type => 'number', %null } if $type =~ /^(?:numeric|real|double precision)$/;
    return { type => 'boolean', %null } if $type eq 'boolean';
    return {%null} if $type =~ /^jsonb?$/;
    my $format = { uuid => 'uuid', date => 'date', 'timestamp with time zone' => 'date-time' }->{$type};
    return { type => 'string', $format ? (format => $format) : (), $length ? (maxLength => $length) : (), %null };
}
sub object_of { # WHAT COLUMNS
    my ($what, $columns) = @_;
    my (%properties, @required);
    for my $c (@$columns) {
        next if $what eq 'Insert' && !$c->{inserted} || $what eq 'Update' && !$c->{updated};
        $properties{ $c->{name} } = { %{ schema_of($c->{type}, $c->{nullable}) }, words($c->{comment}) ne '' ? (description => words($c->{comment})) : () };
        push @required, $c->{name} if $what eq 'Row' || $what eq 'Insert' && !$c->{optional};
    }
    return %properties ? { type => 'object', properties => \%properties, @required ? (required => \@required) : () } : undef;
}
my %failed = (default => { description => 'Refused', content => { 'application/json' => { schema => { '$ref' => '#/components/schemas/error' } } } });
my $answer = sub { { description => $_[0], $_[1] ? (content => { 'application/json' => { schema => $_[1] } }) : () } };
my $body = sub { { required => JSON::PP::true, content => { 'application/json' => { schema => $_[0] } } } };
my $parameter = sub { { name => $_[0], in => $_[2] // 'query', description => $_[1], schema => { type => 'string' } } };
my $filter = { name => 'filter', in => 'query', description => 'Conditions by column: ?status=eq.active&price=lt.50', schema => { type => 'object', additionalProperties => { type => 'string' } }, style => 'form', explode => JSON::PP::true };
my $prefer = $parameter->('Prefer', 'return=representation; for an upsert resolution=merge-duplicates', 'header');
my (%paths, %schemas);
$schemas{error} = { type => 'object', required => [qw(code message)], properties => { code => { type => 'string', description => 'SQLSTATE' }, message => { type => 'string' },
                    details => { type => 'string', nullable => JSON::PP::true }, hint => { type => 'string', nullable => JSON::PP::true } } };
for my $t (@{ $catalog->{tables} }) {
    my $name = $t->{name};
    my $rows = { type => 'array', items => { '$ref' => "#/components/schemas/$name" } };
    $schemas{$name} = { %{ object_of('Row', $t->{columns}) }, words($t->{comment}) ne '' ? (description => words($t->{comment})) : () };
    my %operations = (get => { operationId => "read_$name", tags => ['tables'], summary => words($t->{comment}) || $name,
        parameters => [$parameter->('select', 'Columns and embedded tables'), $parameter->('order', 'created_at.desc'), $parameter->('limit', 'At most so many rows'), $parameter->('offset', 'Rows to skip'), $filter],
        responses => { 200 => $answer->('Rows that the caller may see', $rows), %failed } });
    for (['Insert', 'post', 'insert', 201, 'Inserted'], ['Update', 'patch', 'update', 200, 'Updated']) {
        my ($what, $method, $verb, $status, $said) = @$_;
        my $object = object_of($what, $t->{columns}) or next;
        $schemas{"${name}_$verb"} = $object;
        my $ref = { '$ref' => "#/components/schemas/${name}_$verb" };
        $operations{$method} = { operationId => "${verb}_$name", tags => ['tables'], parameters => [$prefer, $method eq 'patch' ? $filter : $parameter->('on_conflict', 'Columns of the key of an upsert')],
            requestBody => $body->($method eq 'post' ? { oneOf => [$ref, { type => 'array', items => $ref }] } : $ref), responses => { $status => $answer->($said, $rows), %failed } };
    }
    $operations{delete} = { operationId => "delete_$name", tags => ['tables'], parameters => [$filter], responses => { 204 => $answer->('Deleted'), %failed } } if $t->{deleted};
    $paths{"/$name"} = \%operations;
}
for my $c (@{ $catalog->{composites} }) { $schemas{ $c->{name} } = object_of('Row', $c->{columns}) }
for my $f (@{ $catalog->{functions} }) {
    my $arguments = { type => 'object', properties => { map { $_->{name} => schema_of($_->{type}, $_->{optional}) } @{ $f->{args} } } };
    my @required = map { $_->{name} } grep { !$_->{optional} } @{ $f->{args} };
    $arguments->{required} = \@required if @required;
    my $result = schema_of($f->{result});
    $paths{"/rpc/$f->{name}"} = { post => { operationId => $f->{name}, tags => ['functions'], description => words($f->{comment}), requestBody => $body->($arguments),
        responses => { 200 => $answer->('Result', $f->{set} ? { type => 'array', items => $result } : $result), %failed } } };
}
spew('docs/openapi.json', JSON::PP->new->utf8->canonical->pretty->indent_length(1)->encode({
    openapi => '3.0.3',
    info => { title => 'driplo', version => '1.0', description => 'What PostgREST makes of the API schema of driplo. Made by `make docs`.', license => { name => 'PostgreSQL' } },
    servers => [{ url => '/' }], security => [{ token => [] }, {}], paths => \%paths,
    components => { schemas => \%schemas, securitySchemes => { token => { type => 'http', scheme => 'bearer', bearerFormat => 'JWT' } } } }));
