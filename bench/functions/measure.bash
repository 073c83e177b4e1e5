# Each function of the reference against its original: bench/functions/measure.sql.
new_database functions
users=$(size 10000 200)
run_sql -d functions -v users="$users" -f bench/functions/data.sql
run_sql -d functions -v users="$users" -v rounds="$(size 5 1)" -v many="$(size 40 1)" -f bench/functions/measure.sql >"$results/functions.tsv"
dropdb functions
