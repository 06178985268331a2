"""Ask about many tasks at once. An id that is unknown is reported, and stops nothing.

usage: python batch.py TASK_ID...
"""

import asyncio
import os
import sys

import httpx

SERVER = os.environ.get("SHANNON_URL", "http://localhost:8080")
API_KEY = os.environ.get("SHANNON_API_KEY", "sk_test_123456")
AT_ONCE = 8


async def status_of(client: httpx.AsyncClient, slots: asyncio.Semaphore, task_id: str) -> str:
    async with slots:
        try:
            answer = await client.get(f"/api/v1/tasks/{task_id}", timeout=10)
            body = answer.json()
        except (httpx.TransportError, ValueError) as error:
            return f"no answer: {error}"
    return body["status"] if answer.is_success else f"{answer.status_code} {body['error']}"


async def main(task_ids: list[str]) -> None:
    slots = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=SERVER, headers={"X-API-Key": API_KEY}) as client:
        statuses = await asyncio.gather(*(status_of(client, slots, task_id) for task_id in task_ids))
    for task_id, status in zip(task_ids, statuses):
        print(f"{task_id}  {status}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1:]))
