"""Follow a task live, event by event, over any number of broken connections.

usage: python stream.py TASK_ID

Prints one line for each event: its id, its name and its data. The last one is named done.
"""

import os
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import httpx

SERVER = os.environ.get("SHANNON_URL", "http://localhost:8080")
API_KEY = os.environ.get("SHANNON_API_KEY", "sk_test_123456")

#: The server says something at least every 10 s, if only that it is there.
SILENCE_S = 30
FAILURES_MAX = 6


class ServerSentEvent(NamedTuple):
    id: str
    name: str
    data: str


def parse(lines: Iterator[str]) -> Iterator[ServerSentEvent]:
    """The events of a text/event-stream. An event that was cut off in the middle is none."""
    event_id, name, data = "", "", []
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                yield ServerSentEvent(event_id, name or "message", "\n".join(data))
            name, data = "", []
        elif field == "id":
            event_id = value
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)


def follow(client: httpx.Client, task_id: str) -> Iterator[ServerSentEvent]:
    """Every event from the first one on, each once. A new connection goes on after the last event that came."""
    last_id, failures = "", 0
    while True:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        params = {"workflow_id": task_id}
        try:
            with client.stream("GET", "/api/v1/stream/sse", params=params, headers=headers) as answer:
                answer.raise_for_status()
                for event in parse(answer.iter_lines()):
                    last_id, failures = event.id, 0
                    yield event
                    if event.name == "done":
                        return
        except httpx.TransportError as error:
            print(f"connection lost ({type(error).__name__})", file=sys.stderr)
        failures += 1
        if failures > FAILURES_MAX:
            raise ConnectionError(f"gave up after {FAILURES_MAX} connections without an event")
        time.sleep(min(0.2 * 2**failures, 10))


def main(task_id: str) -> None:
    timeout = httpx.Timeout(10, read=SILENCE_S)
    with httpx.Client(base_url=SERVER, headers={"X-API-Key": API_KEY}, timeout=timeout) as client:
        for event in follow(client, task_id):
            print(event.id, event.name, event.data, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
