#!/usr/bin/env bash
# The native API with nothing but curl and jq: submit, watch, read, steer, find.
set -euo pipefail

server=${WAYBILL_URL:-http://localhost:7420}
# The development server needs no key; any other one does.
auth=()
[[ -n ${WAYBILL_API_KEY:-} ]] && auth=(--header "Authorization: Bearer $WAYBILL_API_KEY")
call() { curl --silent --show-error --fail-with-body "${auth[@]}" "$@"; }

# ?wait= holds the answer until the task has ended, at most so many seconds.
call --json '{"input": {"query": "What is the currency of Japan?"}}' "$server/v1/tasks?wait=30" |
  jq -r '"\(.id) \(.state): \(.output.text)"'

# Without it the id comes at once. The same Idempotency-Key is the same task.
key="example-$$-$RANDOM"
id=$(call --json '{"input": {"query": "What is 17 * 23?"}}' --header "Idempotency-Key: $key" "$server/v1/tasks" | jq -r .id)
same=$(call --json '{"input": {"query": "What is 17 * 23?"}}' --header "Idempotency-Key: $key" "$server/v1/tasks" | jq -r .id)
[[ $id == "$same" ]] && echo "sent twice, one task: $id"

# Every event from the first one, live until the last.
call --no-buffer --header "Accept: text/event-stream" "$server/v1/tasks/$id/events" | sed -n 's/^event: //p'

call "$server/v1/tasks/$id/steps" | jq -r '.data[] | "\(.kind) \(.name): \(.state)"'
call "$server/v1/tasks/$id/usage" | jq -r '.data[] | "\(.provider):\(.model) \(.input_tokens) + \(.output_tokens) tokens"'

# A task that is not due yet says so, and can be stopped.
later=$(call --json '{"input": {"query": "Good morning"}, "delay_ms": 3600000}' "$server/v1/tasks" | jq -r .id)
call "$server/v1/tasks/$later/why" | jq -r .summary
call --json '{"reason": "not needed"}' "$server/v1/tasks/$later/cancel" | jq -r .state

call "$server/v1/tasks?state=completed&q=currency&limit=1" | jq -r '"\(.total) found, such as: \(.data[0].title)"'
