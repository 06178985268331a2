#!/usr/bin/env bash
# Ask about many tasks at once. An id that is unknown is reported, and stops nothing.
set -euo pipefail

server=${SHANNON_URL:-http://localhost:8080}
key=${SHANNON_API_KEY:-sk_test_123456}
(($# > 0)) || { echo "usage: batch.sh TASK_ID..." >&2; exit 2; }

answers=$(mktemp -d)
trap 'rm -rf "$answers"' EXIT
at_once=8
for task in "$@"; do
  while (($(jobs -rp | wc -l) >= at_once)); do wait -n; done
  curl --silent --max-time 10 --header "X-API-Key: $key" "$server/api/v1/tasks/$task" >"$answers/$task" &
done
wait
for task in "$@"; do
  printf '%s  %s\n' "$task" "$(jq -r '.status // .error' "$answers/$task")"
done
