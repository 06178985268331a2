#!/usr/bin/env bash
# Wait for a task by asking again, less and less often.
set -euo pipefail

server=${SHANNON_URL:-http://localhost:8080}
key=${SHANNON_API_KEY:-sk_test_123456}
task=${1:?usage: poll.sh TASK_ID [TIMEOUT_S]}
timeout=${2:-300}

delay=1
while ((SECONDS < timeout)); do
  # --retry waits out overload and servers that are being restarted.
  body=$(curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused \
    --header "X-API-Key: $key" "$server/api/v1/tasks/$task")
  status=$(jq -r .status <<<"$body")
  case $status in
    TASK_STATUS_COMPLETED)
      jq -r .result <<<"$body"
      exit 0
      ;;
    TASK_STATUS_FAILED | TASK_STATUS_CANCELLED | TASK_STATUS_TIMEOUT)
      echo "$status: $(jq -r .error <<<"$body")" >&2
      exit 1
      ;;
  esac
  sleep "$delay"
  delay=$((delay < 16 ? delay * 2 : 16))
done
echo "$task did not end within $timeout s" >&2
exit 1
