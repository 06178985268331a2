"""Print every change of a task's status, with the time, until it has ended.

usage: python monitor.py TASK_ID

Exits 0 when it completed, 1 when it failed, 3 when it was cancelled and 4 when it timed out.
"""

import os
import sys
import time
from datetime import datetime

import httpx

SERVER = os.environ.get("SHANNON_URL", "http://localhost:8080")
API_KEY = os.environ.get("SHANNON_API_KEY", "sk_test_123456")

EXIT_CODES = {
    "TASK_STATUS_COMPLETED": 0,
    "TASK_STATUS_FAILED": 1,
    "TASK_STATUS_CANCELLED": 3,
    "TASK_STATUS_TIMEOUT": 4,
}


def main(task_id: str) -> int:
    seen = None
    with httpx.Client(base_url=SERVER, headers={"X-API-Key": API_KEY}) as client:
        while True:
            task = client.get(f"/api/v1/tasks/{task_id}").raise_for_status().json()
            if task["status"] != seen:
                seen = task["status"]
                print(f"{datetime.now():%H:%M:%S}  {seen}", flush=True)
            if seen in EXIT_CODES:
                break
            time.sleep(1)
    print(task.get("result") or task["error"])
    return EXIT_CODES[seen]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
