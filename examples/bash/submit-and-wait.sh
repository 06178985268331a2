#!/usr/bin/env bash
# Ask a question and wait for the answer. Questions of one session know each other.
set -euo pipefail

server=${SHANNON_URL:-http://localhost:8080}
key=${SHANNON_API_KEY:-sk_test_123456}
question=${1:?usage: submit-and-wait.sh QUESTION [SESSION_ID]}
session=${2:-}

# With a key of our own, curl may send the submit again without making a second task.
task=$(jq -n --arg query "$question" --arg session "$session" '{query: $query} + if $session == "" then {} else {session_id: $session} end' |
  curl --silent --show-error --fail-with-body --retry 5 --retry-all-errors --json @- \
    --header "X-API-Key: $key" --header "Idempotency-Key: $RANDOM-$$-$(date +%s)" "$server/api/v1/tasks" |
  jq -r .task_id)
echo "submitted $task" >&2

while true; do
  body=$(curl --silent --show-error --fail-with-body --header "X-API-Key: $key" "$server/api/v1/tasks/$task")
  case $(jq -r .status <<<"$body") in
    TASK_STATUS_COMPLETED)
      jq -r .result <<<"$body"
      exit 0
      ;;
    TASK_STATUS_QUEUED | TASK_STATUS_RUNNING | TASK_STATUS_PAUSED) sleep 0.5 ;;
    *)
      jq -r '"\(.status): \(.error)"' <<<"$body" >&2
      exit 1
      ;;
  esac
done
