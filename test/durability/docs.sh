#!/bin/bash
# docs/api, docs/er.md, docs/openapi.json, the functions of docs/rights.md, expected/signatures.out and the types of clients/typescript
# are what `make docs` writes of this tree, examples and their answers included; each function that can be called has an example.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/docs/api"
docs/run in-server "$work" 2>"$work/said"
ok $? "the pages can be written"
sed 's/^/#   /' "$work/said"
is "$(grep 'without an example' "$work/said")" "" "each function that can be called has an example"
for page in "$work"/docs/api/*.md "$work/docs/er.md" "$work/docs/rights.md" "$work/docs/openapi.json" "$work/expected/signatures.out" "$work"/clients/typescript/*; do
    name=${page#"$work/"}
    same_file "$page" "$name" "$name is up to date (else: make docs)"
done
is "$(cd docs/api && ls -- *.md)" "$(cd "$work/docs/api" && ls -- *.md)" "and there is no page beside these"
done_testing
