"""Ask a question and wait for the answer.

usage: python submit_and_wait.py QUESTION [SESSION_ID]

Questions of one session know each other: ask a second one with the same session id.
"""

import os
import sys
import time
import uuid

import httpx

SERVER = os.environ.get("SHANNON_URL", "http://localhost:8080")
API_KEY = os.environ.get("SHANNON_API_KEY", "sk_test_123456")

OPEN = {"TASK_STATUS_QUEUED", "TASK_STATUS_RUNNING", "TASK_STATUS_PAUSED"}


def main(question: str, session_id: str | None) -> int:
    body = {"query": question} | ({"session_id": session_id} if session_id else {})
    # With a key of our own, a submit whose answer got lost can be sent again without a second task.
    headers = {"X-API-Key": API_KEY, "Idempotency-Key": str(uuid.uuid4())}
    with httpx.Client(base_url=SERVER, headers=headers, transport=httpx.HTTPTransport(retries=3)) as client:
        submitted = client.post("/api/v1/tasks", json=body).raise_for_status().json()
        task_id = submitted["task_id"]
        print(f"submitted {task_id}", file=sys.stderr)

        delay_s = 0.1
        while True:
            task = client.get(f"/api/v1/tasks/{task_id}").raise_for_status().json()
            if task["status"] not in OPEN:
                break
            time.sleep(delay_s)
            delay_s = min(delay_s * 1.5, 5)

    if task["status"] != "TASK_STATUS_COMPLETED":
        print(f"{task['status']}: {task['error']}", file=sys.stderr)
        return 1
    print(task["result"])
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else None))
