#!/usr/bin/env bash
# Hands an expense report to the agent, finds what it asks in the worklist of the BPM API, and approves it there.
set -euo pipefail

server=${WAYBILL_URL:-http://localhost:7420}
bpm=$server/bpm/api/4.0
auth=()
[[ -n ${WAYBILL_API_KEY:-} ]] && auth=(--user "me:$WAYBILL_API_KEY")
call() { curl --silent --show-error --fail-with-body "${auth[@]}" "$@"; }
here=$(dirname "$0")

# The report goes along as a text. ?wait= answers once the task has ended, or asks a person.
number=$(jq -Rs '{input: {agent: "expenses", query: "Please check this report.", attachments: [{text: ., name: "report.csv"}]}}' \
  "$here/report.csv" | call --json @- "$server/v1/tasks?wait=30" | jq .number)
call "$bpm/tasks/$number" | jq -r '"task \(.id) is \(.status.state):", .status.message.parts[0].text'

# It is in the worklist, and says what can be done with it. The ETag makes sure that nobody was faster.
call "$bpm/tasks?showActionFlag=true" | jq -r --argjson n "$number" \
  '.items[] | select(.number == $n) | "in the worklist: \(.number) \(.state), actions \([.actionList[].actionId] | join(" "))"'
etag=$(call --head "$bpm/tasks/$number" | tr -d '\r' | sed -n 's/^etag: //Ip')

call --request PUT --json '{"action": {"id": "APPROVE"}, "comment": {"commentStr": "The dinner was agreed."}}' \
  --header "If-Match: $etag" "$bpm/tasks/$number" >/dev/null
call "$server/v1/tasks/$(call "$bpm/tasks/$number?view=worklist" | jq -r .taskId)?wait=30" | jq -c .output
call "$bpm/tasks/$number?expand=history" | jq -r '"then \(.status.state)", (.metadata.history.taskHistory[] | "\(.actionName) by \(.userId)")'
