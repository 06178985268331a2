"""Wait for a task by asking again, less and less often.

usage: python poll.py TASK_ID [TIMEOUT_S]
"""

import os
import random
import sys
import time

import httpx

SERVER = os.environ.get("SHANNON_URL", "http://localhost:8080")
API_KEY = os.environ.get("SHANNON_API_KEY", "sk_test_123456")

ENDED = {
    "TASK_STATUS_COMPLETED",
    "TASK_STATUS_FAILED",
    "TASK_STATUS_CANCELLED",
    "TASK_STATUS_TIMEOUT",
}
FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 15.0


def poll(client: httpx.Client, task_id: str, timeout_s: float) -> dict:
    """The task once it has ended. Lost answers and overload are waited out, as a slow task is."""
    give_up_at = time.monotonic() + timeout_s
    delay_s = FIRST_DELAY_S
    while True:
        try:
            answer = client.get(f"/api/v1/tasks/{task_id}")
            if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                task = answer.raise_for_status().json()
                if task["status"] in ENDED:
                    return task
        except httpx.TransportError as error:
            print(f"no answer ({error}), asking again", file=sys.stderr)
        if time.monotonic() + delay_s > give_up_at:
            raise TimeoutError(f"{task_id} did not end within {timeout_s:g} s")
        # The jitter keeps many waiting programs from asking in step.
        time.sleep(delay_s * random.uniform(0.8, 1.2))
        delay_s = min(delay_s * 2, LONGEST_DELAY_S)


def main(task_id: str, timeout_s: float) -> int:
    with httpx.Client(base_url=SERVER, headers={"X-API-Key": API_KEY}) as client:
        task = poll(client, task_id, timeout_s)
    if task["status"] == "TASK_STATUS_COMPLETED":
        print(task["result"])
        return 0
    print(f"{task['status']}: {task['error']}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) == 3 else 300))
