#!/usr/bin/env bash
# Show where a task stands.
set -euo pipefail

server=${SHANNON_URL:-http://localhost:8080}
key=${SHANNON_API_KEY:-sk_test_123456}
task=${1:?usage: status.sh TASK_ID}

answer=$(curl --silent --show-error --write-out '\n%{http_code}' --header "X-API-Key: $key" "$server/api/v1/tasks/$task")
code=${answer##*$'\n'}
body=${answer%$'\n'*}
if [[ $code != 200 ]]; then
  echo "$code $(jq -r .error <<<"$body")" >&2
  exit 1
fi
jq -r '
  "\(.task_id)  \(.status)  \(.mode)",
  "asked:   \(.query)",
  (.result // empty | "answer:  \(.)"),
  (.error | select(. != "") | "error:   \(.)"),
  (select(.usage) | "tokens:  \(.usage.total_tokens), by \(.model_used) of \(.provider)")
' <<<"$body"
