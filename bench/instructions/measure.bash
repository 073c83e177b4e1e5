# Instructions of a call of each function that needs no server, counted by callgrind: name, instructions. Without valgrind, none.
if command -v valgrind >/dev/null; then
    g++ -std=c++17 -O2 -DFMT_HEADER_ONLY -Isrc bench/instructions/pure.cpp src/core/*.cpp -o "$scripts/pure"
    instructions() { # NAME TIMES
        (cd "$scripts" && valgrind --tool=callgrind --callgrind-out-file=/dev/null ./pure "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p')
    }
    each() { echo $((($(instructions "$1" 1100) - $(instructions "$1" 100)) / 1000)); }
    nothing=$(each nothing)
    for name in image_size_position percent_of "spread over ten lines" order_number siphash_2_4 slug username_candidate; do
        [ -z "$short" ] || [ "$name" = siphash_2_4 ] || continue
        printf '%s\t%s\n' "$name" $(($(each "$name") - nothing))
    done >"$results/instructions.tsv"
fi
