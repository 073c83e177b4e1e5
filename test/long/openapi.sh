#!/bin/bash
# docs/openapi.json is OpenAPI, as a validator from npm sees it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp test/long/openapi/package*.json "$work/"
(cd "$work" && npm ci --no-audit --no-fund --loglevel=error) >"$work/log" 2>&1
ok $? "npm installs the validator"
sed 's/^/#   /' "$work/log"
cat >"$work/validate.js" <<'JS'
import { Validator } from '@seriousme/openapi-schema-validator'
const { valid, errors } = await new Validator().validate(process.argv[2])
if (!valid) console.log(JSON.stringify(errors, null, 1))
JS
is "$(cd "$work" && node validate.js "$OLDPWD/docs/openapi.json" 2>&1 | head -n 40)" "" "docs/openapi.json is valid OpenAPI 3.0"
done_testing
