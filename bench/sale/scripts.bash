# The sale as pgbench scripts, each an order from a cart that is filled already: script SIDE LINES prints one.
#   driplo       one call of checkout(), by the buyer
#   plpgsql      the same call, with the core of the rules as PL/pgSQL functions and triggers (plpgsql.sql)
#   application  what a program does that looks after everything itself: it locks the cart and, in the order of their ids, the listings, reads prices, seller
#                and address, and writes the order, each of its lines, the stock, the history, and empties the cart. The same locks, the same rows
#   batched      the same program by somebody who knows that one statement can write many rows
#   bare         one statement that writes the same rows into tables without a rule; nobody is asked anything: the limit

lines_of() { for ((l = 1; l <= $1; l++)); do printf "$2" "$l" "$l" "$l" "$l"; done; }

# Second-hand goods are mostly single pieces: with last=yes each line is the last of its listing, which is reserved by that. The buyers of a run
# come after the first :before.
last=
script() { # SIDE LINES
    # each client has buyers of its own
    printf '%s\n' '\set i :i + 1' '\set buyer :client_id * :each + :i'
    case $1 in
    driplo)
        cat <<'SQL'
\startpipeline
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :buyer)::uuid::text, false);
SELECT * FROM checkout(md5('address' || :buyer)::uuid);
\endpipeline
SQL
        return ;;
    plpgsql)
        cat <<'SQL'
\startpipeline
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :buyer)::uuid::text, false);
SELECT * FROM plpgsql.checkout(md5('address' || :buyer)::uuid);
\endpipeline
SQL
        return ;;
    esac
    if [ -n "$last" ]; then
        printf '\\set l1 1 + (:buyer - :before) %% :sellers + :sellers * ((:buyer - :before) / :sellers * %d)\n' "$2"
    else
        printf '%s\n' '\set l1 1 + :buyer * 31 % :sellers'
    fi
    for ((l = 2; l <= $2; l++)); do printf '\\set l%d :l%d + :sellers\n' $l $((l - 1)); done
    lines_of "$2" '\\set p%d 100 + :l%d %% 5000\n'
    printf '\\set subtotal 0%s\n' "$(lines_of "$2" ' + :p%d')"
    printf '\\set shipping 250 * %d\n' "$2"
    printf '\\set total :subtotal + :shipping\n'
    printf '\\set seller 1 + :l1 %% :sellers\n'
    if [ "$1" = bare ]; then
        cat <<'SQL'
WITH line AS (DELETE FROM bare.cart_items i USING bare.shopping_carts c WHERE i.cart_id = c.id AND c.user_id = md5('buyer' || :buyer)::uuid RETURNING i.listing_id, i.quantity),
     placed AS (INSERT INTO bare.orders (buyer_id, seller_id, subtotal, shipping_cost, total_amount, platform_fee_amount, buyer_fee_amount, platform_discount_amount, shipping_address_id)
                VALUES (md5('buyer' || :buyer)::uuid, md5('seller' || :seller)::uuid, :subtotal * 0.01, :shipping * 0.01, :total * 0.01, round(:subtotal * 0.01 * 0.05, 2), 0, 0, md5('address' || :buyer)::uuid) RETURNING id, order_number, total_amount),
     lines AS (INSERT INTO bare.order_items (order_id, listing_id, quantity, unit_price, total_price, title, platform_fee)
               SELECT placed.id, line.listing_id, line.quantity, l.price, l.price * line.quantity, l.title, round(l.price * 0.05, 2) FROM placed, line JOIN bare.listings l ON l.id = line.listing_id),
     taken AS (UPDATE bare.listings l SET quantity = l.quantity - line.quantity, status = CASE WHEN l.quantity = line.quantity THEN 'reserved' ELSE l.status END, updated_at = now() FROM line WHERE l.id = line.listing_id),
     history AS (INSERT INTO bare.order_status_history (order_id, to_status, changed_by) SELECT id, 'pending_payment', md5('buyer' || :buyer)::uuid FROM placed)
SELECT * FROM placed;
SQL
        return
    fi
    cat <<'SQL'
BEGIN;
SELECT id AS cart FROM app.shopping_carts WHERE user_id = md5('buyer' || :buyer)::uuid AND (expires_at IS NULL OR expires_at > now()) FOR UPDATE \gset
SELECT i.id, i.listing_id, i.quantity, l.title, l.price, l.currency, l.status, l.quantity, l.shipping_info, l.seller_id, s.suspended_at, s.deleted_at FROM app.cart_items i JOIN app.listings l ON l.id = i.listing_id JOIN app.profiles s ON s.id = l.seller_id WHERE i.cart_id = :cart ORDER BY l.id FOR NO KEY UPDATE OF i, l;
SELECT country_code FROM app.shipping_addresses WHERE id = md5('address' || :buyer)::uuid AND user_id = md5('buyer' || :buyer)::uuid;
INSERT INTO app.orders (buyer_id, seller_id, subtotal, shipping_cost, total_amount, platform_fee_amount, buyer_fee_amount, platform_discount_amount, shipping_address_id, shipping_address) SELECT md5('buyer' || :buyer)::uuid, md5('seller' || :seller)::uuid, :subtotal * 0.01, :shipping * 0.01, :total * 0.01, round(:subtotal * 0.01 * 0.05, 2), 0, 0, a.id, jsonb_build_object('name', a.name, 'phone', a.phone, 'address_line1', a.address_line1, 'address_line2', a.address_line2, 'city', a.city, 'state_province', a.state_province, 'postal_code', a.postal_code, 'country_code', a.country_code) FROM app.shipping_addresses a WHERE a.id = md5('address' || :buyer)::uuid RETURNING id AS placed, order_number \gset
SQL
    if [ "$1" = application ]; then
        for ((l = 1; l <= $2; l++)); do
            printf "INSERT INTO app.order_items (order_id, listing_id, quantity, unit_price, total_price, title, platform_fee) VALUES (:placed, md5('listing' || :l%d)::uuid, 1, :p%d * 0.01, :p%d * 0.01, 'A thing number ' || :l%d, round(:p%d * 0.01 * 0.05, 2));\n" $l $l $l $l $l
            printf "UPDATE app.listings SET quantity = quantity - 1, status = CASE quantity WHEN 1 THEN 'reserved' ELSE status END, updated_at = now() WHERE id = md5('listing' || :l%d)::uuid AND quantity >= 1;\n" $l
        done
    else
        printf 'INSERT INTO app.order_items (order_id, listing_id, quantity, unit_price, total_price, title, platform_fee) VALUES '
        for ((l = 1; l <= $2; l++)); do
            [ $l -eq 1 ] || printf ', '
            printf "(:placed::uuid, md5('listing' || :l%d)::uuid, 1, :p%d * 0.01, :p%d * 0.01, 'A thing number ' || :l%d, round(:p%d * 0.01 * 0.05, 2))" $l $l $l $l $l
        done
        printf ";\nUPDATE app.listings SET quantity = quantity - 1, status = CASE quantity WHEN 1 THEN 'reserved' ELSE status END, updated_at = now() WHERE id IN ("
        for ((l = 1; l <= $2; l++)); do [ $l -eq 1 ] || printf ', '; printf "md5('listing' || :l%d)::uuid" $l; done
        printf ') AND quantity >= 1;\n'
    fi
    cat <<'SQL'
INSERT INTO app.order_status_history (order_id, to_status, changed_by) VALUES (:placed, 'pending_payment', md5('buyer' || :buyer)::uuid);
DELETE FROM app.cart_items WHERE cart_id = :cart;
COMMIT;
SQL
}
# fill SIDE FIRST LAST LINES: the carts of these buyers
fill() { if [ -n "$last" ]; then echo "CALL bench.fill_last_pieces('$(home_of "$1")', $2, $3, $4)"; else echo "CALL bench.fill_carts('$(home_of "$1")', $2, $3, $4)"; fi; }
home_of() { case $1 in driplo) echo public ;; plpgsql) echo plpgsql ;; bare) echo bare ;; *) echo app ;; esac; }
role_of() { case $1 in driplo | plpgsql) echo authenticated ;; *) echo postgres ;; esac; }
