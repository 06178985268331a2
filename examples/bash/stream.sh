#!/usr/bin/env bash
# Follow a task live, event by event, over any number of broken connections.
# Prints one line for each event: its id, its name and its data. The last one is named done.
set -euo pipefail

server=${SHANNON_URL:-http://localhost:8080}
key=${SHANNON_API_KEY:-sk_test_123456}
task=${1:?usage: stream.sh TASK_ID}

# An unknown task is told at once, and not asked for again and again.
curl --silent --show-error --fail-with-body --output /dev/null --header "X-API-Key: $key" "$server/api/v1/tasks/$task"

last=
failures=0
while ((failures < 7)); do
  resume=()
  [[ -n $last ]] && resume=(--header "Last-Event-ID: $last")
  id= name= data=
  while IFS= read -r line; do
    case $line in
      "id: "*) id=${line#id: } ;;
      "event: "*) name=${line#event: } ;;
      "data: "*) data=${line#data: } ;;
      "")
        # A frame is whole at its blank line; what was cut before it is asked for again.
        if [[ -n $data ]]; then
          echo "$id ${name:-message} $data"
          [[ $name == done ]] && exit 0
          last=$id
          failures=0
        fi
        name= data=
        ;;
    esac
  done < <(curl --silent --no-buffer --fail --header "X-API-Key: $key" "${resume[@]}" \
    "$server/api/v1/stream/sse?workflow_id=$task")
  echo "connection lost" >&2
  failures=$((failures + 1))
  sleep "$failures"
done
echo "gave up after $failures connections without an event" >&2
exit 1
