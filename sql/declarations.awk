# What stands beside the declarations of functions in sql/functions/: who may execute them, and why users may execute those
# that run with their owner's rights. Prints a row for each, for private.function_rights() (-v what=rights) or for
# private.definer_reasons() (-v what=reasons); with -v what=signatures, each function. A declaration that leaves it open is an error.
#
#   -- rights: authenticated, service_role (users: admins)     roles, and a remark for readers; "owner" is no role but its owner
#   -- definer: Writes what no client may write, for the       the reason; goes on in lines that are indented further
#   --     caller's own cart only.
#   CREATE OR REPLACE FUNCTION ...

function text_of(string) { gsub(/'/, "''", string); return "'" string "'" }
function complain(message) { printf "%s:%d: %s\n", FILENAME, FNR, message | "cat >&2"; wrong = 1 }
# As regprocedure prints it, and without the extension's own schema.
function signature_of(head,    name, rest, n, i, letter, depth, quoted, argument, list) {
    sub(/^CREATE OR REPLACE (FUNCTION|PROCEDURE) +/, "", head); sub(/^@extschema@\./, "", head)
    name = head; sub(/\(.*/, "", name); rest = substr(head, length(name) + 2)
    depth = 0; quoted = 0; argument = ""; list = ""
    for (i = 1; i <= length(rest); i++) {
        letter = substr(rest, i, 1)
        if (letter == "'") quoted = !quoted
        if (!quoted && (depth == 0 && (letter == "," || letter == ")"))) {
            if (argument ~ /[^ ]/) list = list (list == "" ? "" : ",") type_of(argument)
            if (letter == ")") break
            argument = ""; continue
        }
        if (!quoted) depth += (letter == "(") - (letter == ")")
        argument = argument letter
    }
    return name "(" list ")"
}
function type_of(argument,    array) {
    sub(/ (DEFAULT|=) .*/, "", argument); gsub(/^ +| +$/, "", argument); sub(/^[a-z_]+ /, "", argument)
    gsub(/ *\([^)]*\)/, "", argument)
    array = argument; sub(/[^[]*/, "", array); sub(/\[.*/, "", argument)
    return (argument in printed_as ? printed_as[argument] : argument) array
}
function declared(    signature, roles, n, i, role, is_definer, by_users) {
    signature = signature_of(head)
    is_definer = head ~ /SECURITY DEFINER/
    if (what == "signatures") rows[++count] = "(" text_of(signature) ")"
    if (rights == "") {
        if (head !~ /RETURNS (event_)?trigger/) complain(signature " is declared without a line \"-- rights: ...\" above")
    } else if (rights != "owner") {
        n = split(rights, role, / *, */); roles = ""
        for (i = 1; i <= n; i++) {
            if (role[i] !~ /^(anon|authenticated|service_role|driplo_owner)$/) complain("\"" role[i] "\" is not a role that rights are given to")
            by_users = by_users || role[i] ~ /^(anon|authenticated)$/
            roles = roles (i == 1 ? "" : ",") role[i]
        }
        if (what == "rights") rows[++count] = "(" text_of(signature) ", '{" roles "}'" (count == 1 ? "::text[]" : "") ")"
    }
    if (is_definer && by_users && reason == "") complain(signature " is SECURITY DEFINER and for users: a line \"-- definer: ...\" has to say why")
    if (reason != "" && !(is_definer && by_users)) complain(signature " has a line \"-- definer: ...\", which is for SECURITY DEFINER functions that users may execute")
    if (what == "reasons" && reason != "") rows[++count] = "(" text_of(signature) ", " text_of(reason) ")"
    rights = reason = head = ""
}

BEGIN {
    printed_as["timestamptz"] = "timestamp with time zone"; printed_as["varchar"] = "character varying"
    printed_as["int"] = "integer"; printed_as["bool"] = "boolean"; printed_as["decimal"] = "numeric"
}
FNR == 1 && (rights reason) != "" { complain("the file before ends with what belongs to a function") }
head != "" {
    if (/^ *AS([ $]|$)/) declared(); else head = head " " $0
    next
}
/^-- rights: / { rights = substr($0, 12); sub(/ *\(.*/, "", rights); in_reason = 0; next }
/^-- definer: / { reason = substr($0, 13); in_reason = 1; next }
in_reason && /^--     / { reason = reason " " substr($0, 8); next }
/^CREATE OR REPLACE (FUNCTION|PROCEDURE) / { in_reason = 0; head = $0; next }
(rights reason) != "" { complain("rights and reason stand right above CREATE OR REPLACE FUNCTION"); rights = reason = ""; in_reason = 0 }
END {
    if (head != "") complain("a declaration without AS")
    if (wrong) exit 1
    for (i = 1; i <= count; i++) printf "        %s%s\n", rows[i], i < count ? "," : ""
}
