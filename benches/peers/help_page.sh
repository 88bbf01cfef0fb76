#!/usr/bin/env bash
# The help page's way, with curl and jq: one listing, one comparison of all bodies, one PATCH for each that differs.
# It knows instances by their names, does not create, and keeps secrets out of the bodies, so it cannot set them.
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Not an argument, which everybody on the machine could read.
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
    | inputs | . as $body | $found[.name] as $there
    | (.configuration | with_entries(select($there.configuration[.key] != .value))) as $differing
    | select($differing != {}) | "\($there.id)\t\({configuration: $differing} | tojson)"' |
  while IFS=$'\t' read -r id body; do
    call --request PATCH "$OCON_BASE_URL/instances/$id" --json "$body" >/dev/null
  done
