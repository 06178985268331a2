#!/usr/bin/env bash
# A person's work by the BPM API with nothing but curl and jq: make it, find it, comment, attach, decide.
set -euo pipefail

bpm=${WAYBILL_URL:-http://localhost:7420}/bpm/api/4.0
# Basic with the key as the password; a token is taken as well.
auth=()
[[ -n ${WAYBILL_API_KEY:-} ]] && auth=(--user "me:$WAYBILL_API_KEY")
call() { curl --silent --show-error --fail-with-body "${auth[@]}" "$@"; }

number=$(call --json '{"taskDefinitionName": "invoice", "title": "Pay INV-9", "payload": {"amount": 120}, "priority": 2}' \
  "$bpm/tasks" | jq -r .id)
call "$bpm/tasks?taskDefinitionName=invoice&orderBy=priority:asc&limit=5" |
  jq -r '"\(.totalResult) to do, such as: \(.items[0].title), priority \(.items[0].priority)"'

call --json '{"commentStr": "The goods are here."}' "$bpm/tasks/$number/comments" | jq -r '.comment[].commentStr'
file=$(mktemp)
trap 'rm -f "$file"' EXIT
echo "Invoice 9: 120 euros" >"$file"
call --form 'metadata={"attachmentName": "invoice.txt", "mimeType": "text/plain"};type=application/json' --form "content=@$file" \
  "$bpm/tasks/$number/attachments" | jq -r '.attachment[] | "\(.attachmentName): \(.attachmentSize) bytes"'
call "$bpm/tasks/$number/attachments/invoice.txt/stream"

call --request PUT --json '{"action": {"id": "APPROVE"}}' "$bpm/tasks/$number?expand=All&metadataFlag=true" |
  jq -r '"\(.status.state), \(.metadata.outcome) by \(.metadata.history.taskHistory[-1].userId)", "last: \(.metadata.payload)"'
