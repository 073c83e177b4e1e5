#!/bin/bash
# Order numbers under load: many sessions at once, transactions that are given up, the extension dropped and made
# again. No number comes twice.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_order_numbers
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

sql <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
CREATE TABLE drawn (session integer, number text NOT NULL);
GRANT ALL ON drawn TO service_role;
-- A transaction for each number; after every tenth there is one that draws a number and is given up.
CREATE PROCEDURE draw(session integer, times integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        INSERT INTO drawn VALUES (session, generate_order_number());
        COMMIT;
        IF i % 10 = 0 THEN
            INSERT INTO drawn VALUES (session, generate_order_number());
            ROLLBACK;
        END IF;
    END LOOP;
END $$;
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-0000-0000-000000000001', 'buyer@example.org'),
                                          ('00000000-0000-0000-0000-000000000002', 'seller@example.org');
SQL
ok $? "driplo is installed"

# burst SESSIONS COMMAND: the command in that many sessions at once, $session is the session's number.
burst() {
    local sessions=() failed=0 session
    for session in $(seq "$1"); do
        sql -v session="$session" -f - <<<"$2" >>"$scratch/log" 2>&1 &
        sessions+=($!)
    done
    for session in "${sessions[@]}"; do wait "$session" || failed=1; done
    [ $failed -eq 0 ] || sed 's/^/#   /' "$scratch/log" | head -n 20
    return $failed
}

burst 8 "SET ROLE service_role; CALL draw(:session, 5000);"
ok $? "8 sessions draw 5,000 numbers each"
is "$(sql -c "SELECT count(*), count(DISTINCT number), count(DISTINCT session) FROM drawn")" "40000|40000|8" "all 40,000 are different"
is "$(sql -c "SELECT count(*) FROM drawn WHERE number !~ '^ORD-[0-9]{8}-[0-9]{6}$'")" 0 "and each looks like an order number"

sql -c "SET client_min_messages = error" -c "DROP EXTENSION driplo CASCADE" -c "CREATE EXTENSION driplo"
ok $? "the extension is dropped and made again over its data"
burst 8 "SET ROLE service_role; CALL draw(:session, 500);"
ok $? "8 sessions draw 500 more numbers each"
is "$(sql -c "SELECT count(*), count(DISTINCT number) FROM drawn")" "44000|44000" "none of them was given before"

burst 8 "SET ROLE service_role;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount)
SELECT '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 1, 1 FROM generate_series(1, 200);"
ok $? "8 sessions place 200 orders each"
is "$(sql -c "SELECT count(*), count(DISTINCT number) FROM (SELECT order_number AS number FROM orders UNION ALL SELECT number FROM drawn) n")" "45600|45600" \
    "and no order has a number that was drawn"

done_testing
