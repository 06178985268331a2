"""Does the tasks of kind `external` in the queue `word_count`: counts the words of a text.

Submit work for it:

    curl -s http://localhost:7420/v1/tasks -H 'content-type: application/json' \\
      -d '{"kind": "external", "input": {"queue": "word_count", "payload": {"text": "to be or not to be"}}}'

usage: python worker.py [--once]

A claim gives a lease and a fencing number, `attempt`. While it works, the worker renews the lease; if the server says
that the task is no longer its own (cancelled, timed out, or claimed by another), it drops the work. Python 3.9 or
newer, nothing to install.
"""

import collections
import json
import os
import re
import signal
import socket
import sys
import threading
import urllib.error
import urllib.request

SERVER = os.environ.get("WAYBILL_URL", "http://localhost:7420").rstrip("/")
API_KEY = os.environ.get("WAYBILL_API_KEY", "")

QUEUE = "word_count"
WORKER = f"{socket.gethostname()}-{os.getpid()}"
LEASE_MS = 30_000
# Three renewals fit one lease, so that two may get lost.
BEAT_S = LEASE_MS / 1000 / 3
CLAIM_WAIT_MS = 20_000
AGAIN_S = 2.0


class BadWork(Exception):
    """The task itself cannot be done: trying it again would not help."""


class NotOurs(Exception):
    """The server has given the task to somebody else, or it has ended."""


def post(path, body):
    """The JSON that the server answers with. Raises NotOurs for a task that was lost, OSError when there is no answer."""
    headers = {"content-type": "application/json"}
    if API_KEY:
        headers["authorization"] = f"Bearer {API_KEY}"
    request = urllib.request.Request(SERVER + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=CLAIM_WAIT_MS / 1000 + 10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            problem = error.read().decode("utf-8", "replace")
        if error.code in (404, 409):
            raise NotOurs(problem) from error
        raise OSError(f"{error.code} {problem}") from error


def count_words(payload):
    """The work itself."""
    if not isinstance(payload, dict) or not isinstance(payload.get("text"), str):
        raise BadWork('the payload must be {"text": "..."}')
    words = re.findall(r"\w+", payload["text"].lower())
    return {"words": len(words), "commonest": dict(collections.Counter(words).most_common(10))}


class Lease:
    """Renews a claim in the background until the work is done, and knows when it was lost."""

    def __init__(self, task):
        self.holder = {"worker": WORKER, "attempt": task["attempt"]}
        self.path = f"/v1/tasks/{task['id']}"
        self.lost = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _beat(self):
        while not self._done.wait(BEAT_S):
            try:
                post(f"{self.path}/heartbeat", {**self.holder, "lease_ms": LEASE_MS})
            except NotOurs:
                self.lost = True
                return
            except OSError as error:
                say(f"a heartbeat got lost: {error}")


def work_on(task):
    """Does one task and hands in how it went."""
    with Lease(task) as lease:
        try:
            verdict = "complete", {"output": count_words(task["input"]["payload"])}
        except BadWork as error:
            verdict = "fail", {"error": {"code": "bad_payload", "message": str(error)}, "retryable": False}
        except Exception as error:
            verdict = "fail", {"error": {"code": "worker_error", "message": repr(error)}, "retryable": True}
    if lease.lost:
        say(f"{task['id']}: no longer ours")
        return
    verb, body = verdict
    try:
        post(f"{lease.path}/{verb}", {**lease.holder, **body})
        say(f"{task['id']}: {verb}")
    except NotOurs:
        say(f"{task['id']}: no longer ours")


def say(text):
    print(text, file=sys.stderr, flush=True)


def main(once):
    stopping = threading.Event()
    busy = threading.Event()

    def stop(*_):
        stopping.set()
        # Work in hand is finished first; a wait for work is not worth finishing.
        if not busy.is_set():
            raise SystemExit(0)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    say(f"{WORKER} waits for work in {QUEUE} at {SERVER}")
    while not stopping.is_set():
        claim = {"worker": WORKER, "queue": QUEUE, "max": 1, "lease_ms": LEASE_MS, "wait_ms": CLAIM_WAIT_MS}
        try:
            for task in post("/v1/work/claim", claim)["data"]:
                busy.set()
                work_on(task)
                busy.clear()
                if once:
                    return
        except (OSError, NotOurs) as error:
            # An unanswered hand-in is safe: the lease runs out, and the task is claimed again.
            say(f"no answer ({error}), asking again")
            stopping.wait(AGAIN_S)


if __name__ == "__main__":
    main(once="--once" in sys.argv[1:])
