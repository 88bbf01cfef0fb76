#!/usr/bin/env bash
# The commands of the vendor's help page, with curl and jq: one list, one comparison of all bodies, one PATCH for
# each difference. It identifies instances by name, creates none, and sets no secrets, because the bodies contain none.
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not an argument, because every user of the machine can read arguments.
printf 'Authorization: User %s, Organization %s\n' "$OCON_USER_SECRET" "$OCON_ORGANIZATION_SECRET" >"$work/authorization"
call() { curl --silent --show-error --fail --header @"$work/authorization" "$@"; }

token=
while
  call --get --dump-header "$work/headers" "$OCON_BASE_URL/instances" --data-urlencode "tags[]=ocon:project=$OCON_PROJECT" \
    --data pageSize=200 --data-urlencode "nextPage=$token" >>"$work/pages"
  token=$(sed -n 's/^elements-next-page-token: *\([^\r]*\)\r*$/\1/Ip' "$work/headers")
  [ -n "$token" ]
do :; done

find "$folder/bodies" -name '*.json' -exec cat {} + |
  jq --raw-output --slurpfile pages "$work/pages" --null-input '
    ($pages | add | INDEX(.name)) as $found
    | inputs | . as $body | $found[.name] as $existing
    | (.configuration | with_entries(select($existing.configuration[.key] != .value))) as $differing
    | select($differing != {}) | "\($existing.id)\t\({configuration: $differing} | tojson)"' |
  while IFS=$'\t' read -r id body; do
    call --request PATCH "$OCON_BASE_URL/instances/$id" --json "$body" >/dev/null
  done
