# After each trigger that it leaves the line that ties it to the extension: without, DROP EXTENSION would refuse because of
# the functions that the triggers call.
{ print }
/^[ ]*CREATE (OR REPLACE|CONSTRAINT) TRIGGER / { name = $0; sub(/^.* TRIGGER +/, "", name); sub(/ .*/, "", name); text = "" }
name != "" {
    line = $0; sub(/--.*/, "", line); text = text " " line
    if (line ~ /;[ ]*$/) {
        match(text, / ON +[^ ]+/)
        on_table = substr(text, RSTART, RLENGTH); sub(/ ON +/, "", on_table)
        printf "ALTER TRIGGER %s ON %s DEPENDS ON EXTENSION driplo;\n", name, on_table
        name = ""
    }
}
