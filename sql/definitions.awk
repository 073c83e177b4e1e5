# What the parts of the install script say of each type, sequence, column, constraint, index, policy and trigger, as rows of
# private.shipped_definitions(): kind, name, table, text. Read from statements that stand on a line each (sql/assemble).

function text_of(string) { gsub(/'/, "''", string); return "'" string "'" }
function row(kind, name, on_table, definition) {
    gsub(/"/, "", name); gsub(/^ +| +$/, "", definition); sub(/^@extschema@\./, "", on_table)
    rows[++count] = "(" text_of(kind) ", " text_of(name) ", " (on_table == "" ? "NULL" : text_of(on_table)) ", " text_of(definition) ")"
}
function after(word,    i) { for (i = 1; i <= NF; i++) if ($i == word) return $(i + 1); return "" }
function bare(name) { sub(/\(.*/, "", name); sub(/^@extschema@\./, "", name); return name }

# What stands in the first parentheses of a statement.
function inside(text,    i, letter, depth, quoted, first) {
    depth = 0; quoted = 0; first = 0
    for (i = 1; i <= length(text); i++) {
        letter = substr(text, i, 1)
        if (letter == "'") quoted = !quoted
        if (quoted) continue
        if (letter == "(" && ++depth == 1 && !first) first = i + 1
        if (letter == ")" && --depth == 0) return substr(text, first, i - first)
    }
    return ""
}
# Cuts text at a separator that stands outside of parentheses and quotes.
function cut(text, separator, parts,    i, letter, depth, quoted, part, n) {
    n = 0; part = ""; depth = 0; quoted = 0
    for (i = 1; i <= length(text); i++) {
        letter = substr(text, i, 1)
        if (letter == "'") quoted = !quoted
        if (!quoted) depth += (letter == "(") - (letter == ")")
        if (letter == separator && depth == 0 && !quoted) { if (part != "") parts[++n] = part; part = "" } else part = part letter
    }
    if (part != "") parts[++n] = part
    return n
}
function is_clause(word) { return word ~ /^(NOT|NULL|DEFAULT|PRIMARY|UNIQUE|REFERENCES|CHECK|CONSTRAINT|GENERATED)$/ }
# The words of a clause, from the one after `from` to the next clause.
function words_to(from, next_clause,    result) {
    result = ""
    while (from < words && (!is_clause(word[from + 1]) || from + 1 == next_clause)) result = result (result == "" ? "" : " ") word[++from]
    last = from
    return result
}
function constraint(name, standard, definition) { row("constraint", name == "" ? standard : name, table, definition); constraint_name = "" }

function column(item,    name, type, i, not_null, generated) {
    delete word; words = cut(item, " ", word); name = word[1]
    type = words_to(1, 0); not_null = ""; generated = ""; constraint_name = ""
    for (i = last + 1; i <= words; i++) {
        if (word[i] == "CONSTRAINT") constraint_name = word[++i]
        else if (word[i] == "NOT") { not_null = " NOT NULL"; i++ }
        else if (word[i] == "PRIMARY") { not_null = " NOT NULL"; constraint(constraint_name, table "_pkey", "PRIMARY KEY (" name ")"); i++ }
        else if (word[i] == "UNIQUE") constraint(constraint_name, table "_" name "_key", "UNIQUE (" name ")")
        else if (word[i] == "CHECK") { constraint(constraint_name, table "_" name "_check", "CHECK " words_to(i, 0)); i = last }
        else if (word[i] == "DEFAULT") { row("default", name, table, words_to(i, 0)); i = last }
        else if (word[i] == "REFERENCES") { constraint(constraint_name, table "_" name "_fkey", "FOREIGN KEY (" name ") REFERENCES " words_to(i, 0)); i = last
            # ON DELETE SET NULL and ON DELETE SET DEFAULT hold words that begin a clause elsewhere
            if (word[i] == "SET") { sub(/'\)$/, " " word[i + 1] "')", rows[count]); i++ } }
        else if (word[i] == "GENERATED") { generated = " GENERATED " words_to(i, 0); i = last; if (generated ~ /IDENTITY/) not_null = " NOT NULL"
            else { row("default", name, table, word[i - 1]); generated = " GENERATED" } }
    }
    if (type ~ /SERIAL$/) {
        type = type == "SERIAL" ? "INTEGER" : "BIGINT"; not_null = " NOT NULL"
        row("default", name, table, "nextval('@extschema@." table "_" name "_seq'::regclass)")
    }
    row("column", name, table, type not_null generated)
}
function table_item(item,    columns) {
    gsub(/^ +| +$/, "", item)
    if (item ~ /^CONSTRAINT /) { delete word; cut(item, " ", word); row("constraint", word[2], table, substr(item, length(word[1] word[2]) + 3)) }
    else if (match(item, /^(UNIQUE|FOREIGN KEY|PRIMARY KEY) ?\([^)]*\)/)) {
        columns = substr(item, index(item, "(") + 1); sub(/\).*/, "", columns); gsub(/, /, "_", columns)
        row("constraint", item ~ /^PRIMARY/ ? table "_pkey" : table "_" columns (item ~ /^UNIQUE/ ? "_key" : "_fkey"), table, item) }
    else column(item)
}

/^CREATE SEQUENCE / { text = $0; sub(/^CREATE SEQUENCE [^ ]+/, "", text); row("sequence", bare($3), "", text) }
/^CREATE TYPE / { row("type", bare($3), "", inside($0)) }
/^CREATE (UNLOGGED )?TABLE / {
    table = bare($2 == "UNLOGGED" ? $4 : $3); delete item
    if ($2 == "UNLOGGED") row("table", table, "", "UNLOGGED")
    row("policy", "driplo itself", table, "TO driplo_owner USING (true) WITH CHECK (true)")
    items = cut(inside($0), ",", item)
    for (n = 1; n <= items; n++) table_item(item[n])
}
/^ALTER TABLE .* ADD / {
    table = bare($3); delete item
    text = $0; sub(/^ALTER TABLE [^ ]+ /, "", text); items = cut(text, ",", item)
    for (n = 1; n <= items; n++) if (sub(/^ *ADD (COLUMN )?/, "", item[n])) table_item(item[n])
}
/^ALTER TABLE .* ALTER COLUMN [a-z_]+ SET DEFAULT / { text = $0; sub(/.* SET DEFAULT /, "", text); row("default", after("COLUMN"), $3, text) }
/^CREATE (UNIQUE )?INDEX / { row("index", $2 == "UNIQUE" ? $4 : $3, bare(after("ON")), $0) }
/^CREATE POLICY "/ {
    match($0, /"[^"]*"/); name = substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH); on_table = $2
    text = $0; sub(/^ *ON [^ ]+ /, "", text); row("policy", name, on_table, text)
}
/^CREATE OR REPLACE TRIGGER / { row("trigger", $5, after("ON"), $0) }
/^CREATE CONSTRAINT TRIGGER / { row("trigger", $4, after("ON"), $0) }
END { for (i = 1; i <= count; i++) printf "        %s%s\n", rows[i], i < count ? "," : "" }
