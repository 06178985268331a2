#!/usr/bin/env bash
# Print every change of a task's status, with the time, until it has ended.
# Exits 0 when it completed, 1 when it failed, 3 when it was cancelled and 4 when it timed out.
set -euo pipefail

server=${SHANNON_URL:-http://localhost:8080}
key=${SHANNON_API_KEY:-sk_test_123456}
task=${1:?usage: monitor.sh TASK_ID}

seen=
while true; do
  body=$(curl --silent --show-error --fail-with-body --header "X-API-Key: $key" "$server/api/v1/tasks/$task")
  status=$(jq -r .status <<<"$body")
  if [[ $status != "$seen" ]]; then
    seen=$status
    printf '%(%H:%M:%S)T  %s\n' -1 "$status"
  fi
  case $status in
    TASK_STATUS_COMPLETED) code=0 ;;
    TASK_STATUS_FAILED) code=1 ;;
    TASK_STATUS_CANCELLED) code=3 ;;
    TASK_STATUS_TIMEOUT) code=4 ;;
    *)
      sleep 1
      continue
      ;;
  esac
  jq -r '.result // .error' <<<"$body"
  exit "$code"
done
