"""Show where a task stands.

usage: python status.py TASK_ID
"""

import os
import sys

import httpx

SERVER = os.environ.get("SHANNON_URL", "http://localhost:8080")
API_KEY = os.environ.get("SHANNON_API_KEY", "sk_test_123456")


def main(task_id: str) -> int:
    with httpx.Client(base_url=SERVER, headers={"X-API-Key": API_KEY}) as client:
        answer = client.get(f"/api/v1/tasks/{task_id}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        print(f"There is no task {task_id}.", file=sys.stderr)
        return 1
    task = answer.raise_for_status().json()

    print(f"{task['task_id']}  {task['status']}  {task['mode']}")
    print(f"asked:   {task['query']}")
    if "result" in task:
        print(f"answer:  {task['result']}")
    if task["error"]:
        print(f"error:   {task['error']}")
    if usage := task.get("usage"):
        print(f"tokens:  {usage['total_tokens']}, by {task['model_used']} of {task['provider']}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
