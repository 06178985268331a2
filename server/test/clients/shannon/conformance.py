"""The official Shannon client for Python, unmodified, through everything that it can do with tasks and sessions.

Wants SHANNON_BASE_URL, SHANNON_API_KEY, SHANNON_SERVE_URL, which is a server that demands keys, and CONTROL_URL, where
`POST /release` lets a held tool return and `POST /held` answers once one is held. Prints one line for each check; exit
code 1 when any fails.
"""

import asyncio
import os
import re
import subprocess
import sys
import traceback
from datetime import datetime, timedelta, timezone

import httpx
from shannon import AsyncShannonClient, ShannonClient, TaskStatusEnum, errors
from shannon.models import EventType

BASE_URL = os.environ["SHANNON_BASE_URL"]
API_KEY = os.environ["SHANNON_API_KEY"]
SERVE_URL = os.environ["SHANNON_SERVE_URL"]
CONTROL_URL = os.environ["CONTROL_URL"]
SCRIPTED = {"agent": "scripted"}
PATIENCE_S = 30

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def new_client(key=API_KEY, base_url=BASE_URL):
    return AsyncShannonClient(base_url=base_url, api_key=key)


async def control(act):
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        (await http.post(f"{CONTROL_URL}/{act}")).raise_for_status()


async def all_events(client, workflow_id, **options):
    return [event async for event in client.stream(workflow_id, total_timeout=PATIENCE_S, **options)]


async def finished(client, query, **options):
    handle = await client.submit_task(query, **options)
    return await client.wait(handle.task_id, timeout=PATIENCE_S, poll_interval=0.05)


def recent(moment):
    return moment is not None and abs(datetime.now(timezone.utc) - moment) < timedelta(minutes=5)


@check
async def health(client):
    assert (await client.health())["status"] == "healthy"
    assert (await client.readiness())["status"] == "ready"
    document = await client.get_openapi_spec()
    assert document["openapi"].startswith("3.0.")
    assert "/api/v1/tasks/{id}" in document["paths"]


@check
async def submit_status_and_wait(client):
    handle = await client.submit_task("What is the capital of France?", session_id="sdk-first")
    assert handle.task_id == handle.workflow_id
    assert handle.session_id == "sdk-first"
    early = await client.get_status(handle.task_id)
    assert early.status in (TaskStatusEnum.QUEUED, TaskStatusEnum.RUNNING, TaskStatusEnum.COMPLETED)
    status = await client.wait(handle.task_id, timeout=PATIENCE_S, poll_interval=0.05)
    assert status.status == TaskStatusEnum.COMPLETED
    assert status.task_id == status.workflow_id == handle.task_id
    assert "Paris" in status.result
    assert status.error_message == ""
    assert status.query == "What is the capital of France?"
    assert status.session_id == "sdk-first"
    assert status.mode == "EXECUTION_MODE_STANDARD"
    assert status.progress == 1
    assert status.context is None
    assert status.model_used and status.provider
    assert status.usage["total_tokens"] == status.usage["input_tokens"] + status.usage["output_tokens"] > 0
    assert status.metadata["model_breakdown"][0]["model"] == status.model_used
    assert recent(status.created_at) and recent(status.updated_at)
    assert status.created_at <= status.updated_at


@check
async def options_of_a_submit(client):
    context = {"system_prompt": "Be brief.", "max_iterations": "3", "team": {"id": 7}}
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for mode, long_form in (("simple", "SIMPLE"), ("standard", "STANDARD"), ("complex", "COMPLEX"), ("supervisor", "STANDARD")):
        status = await finished(client, "What is 2+2?", mode=mode, context=dict(context), traceparent=traceparent)
        assert status.status == TaskStatusEnum.COMPLETED, status.error_message
        assert status.mode == f"EXECUTION_MODE_{long_form}"
        assert status.context == context
        assert "4" in status.result
        types = [event.type for event in await all_events(client, status.task_id)]
        assert types[-2:] == ["WORKFLOW_COMPLETED", "done"]
        assert types.count("thread.message.completed") == 1
    status = await finished(client, "What is 2+2?", force_swarm=True, model_tier="small")
    assert status.status == TaskStatusEnum.COMPLETED, status.error_message
    assert status.context == {"force_swarm": True}
    status = await finished(client, "Hello", provider_override="scripted", model_override="test-model")
    assert (status.provider, status.model_used, status.result) == ("scripted", "test-model", "Hello.")
    status = await finished(client, "What is 2+2?", context={"force_research": "true"})
    assert status.context["research_strategy"] == "standard"


@check
async def idempotency(client):
    sent = [client.submit_task("What is 3+3?", idempotency_key="sdk-once") for _ in range(5)]
    handles = await asyncio.gather(*sent)
    assert len({handle.task_id for handle in handles}) == 1
    assert len({handle.session_id for handle in handles}) == 1
    other = await client.submit_task("What is 4+4?", idempotency_key="sdk-once")
    assert other.task_id != handles[0].task_id


@check
async def lists(client):
    done = [await finished(client, f"What is {n}+1?", mode="simple", session_id="sdk-list") for n in range(3)]
    tasks, total = await client.list_tasks(session_id="sdk-list")
    assert total == 3
    assert [task.task_id for task in tasks] == [status.task_id for status in reversed(done)]
    page, total = await client.list_tasks(session_id="sdk-list", limit=1, offset=1, status="COMPLETED")
    assert total == 3 and len(page) == 1
    [task] = page
    assert task.task_id == done[1].task_id
    assert task.query == "What is 1+1?"
    assert task.status == "TASK_STATUS_COMPLETED"
    assert task.mode == "EXECUTION_MODE_SIMPLE"
    assert recent(task.created_at) and recent(task.completed_at)
    usage = task.total_token_usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens == done[1].usage["total_tokens"]
    for status in ("QUEUED", "RUNNING", "PAUSED", "FAILED", "CANCELLED", "CANCELED", "TIMEOUT"):
        assert await client.list_tasks(session_id="sdk-list", status=status) == ([], 0)


@check
async def events(client):
    status = await finished(client, "What is the capital of Norway?")
    events = await client.get_task_events(status.task_id)
    types = [event.type for event in events]
    assert types[:2] == ["DATA_PROCESSING", "WORKFLOW_STARTED"]
    assert types[-2:] == ["WORKFLOW_COMPLETED", "STREAM_END"]
    assert "LLM_PARTIAL" not in types
    assert all(event.workflow_id == status.task_id and recent(event.timestamp) for event in events)
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert all(event.id == event.stream_id for event in events)
    [answer] = [event for event in events if event.agent_id == "final_output"]
    assert answer.message == status.result


@check
async def stream(client):
    handle, url = await client.submit_and_stream("What is the capital of Italy?", session_id="sdk-stream")
    assert handle.session_id == "sdk-stream"
    assert url == f"/api/v1/stream/sse?workflow_id={handle.task_id}"
    events = await all_events(client, handle.workflow_id)
    types = [event.type for event in events]
    assert types[0] == EventType.DATA_PROCESSING.value
    for expected in ("WORKFLOW_STARTED", "AGENT_STARTED", "TOOL_INVOKED", "TOOL_OBSERVATION", "AGENT_COMPLETED"):
        assert expected in types, expected
    assert types[-2:] == ["WORKFLOW_COMPLETED", EventType.STREAM_END.value]
    assert events[-1].message == "[DONE]"
    status = await client.get_status(handle.task_id)
    text = "".join(event.message for event in events if event.type == EventType.THREAD_MESSAGE_DELTA.value)
    answers = [event for event in events if event.type == EventType.THREAD_MESSAGE_COMPLETED.value]
    assert text == status.result
    assert [(event.agent_id, event.message) for event in answers] == [("final_output", status.result)]
    assert next(event.message for event in events if event.type == "WORKFLOW_COMPLETED") == "All done"


@check
async def resume_and_filters(client):
    status = await finished(client, "What is the capital of Spain?")
    events = await all_events(client, status.task_id)
    ids = [event.id for event in events]
    assert len(set(ids)) == len(ids)
    for at in range(len(ids) - 1):
        for point in (ids[at], str(events[at].seq)):
            rest = await all_events(client, status.task_id, last_event_id=point)
            assert [event.id for event in rest] == ids[at + 1 :]
    for past in (ids[-1], "999999999", "9999999999999-0"):
        assert [event.type for event in await all_events(client, status.task_id, last_event_id=past)] == ["done"]
    wanted = [EventType.THREAD_MESSAGE_DELTA, "WORKFLOW_COMPLETED"]
    types = {event.type for event in await all_events(client, status.task_id, types=wanted)}
    assert types == {"thread.message.delta", "WORKFLOW_COMPLETED", "done"}
    assert await all_events(client, "task_00000000000000000000000000") == []


@check
async def reconnect_while_running(client):
    handle = await client.submit_task("hold, then go on", context=dict(SCRIPTED))
    await control("held")
    first = []
    async for event in client.stream(handle.workflow_id, total_timeout=PATIENCE_S):
        first.append(event.id)
        if len(first) == 3:
            break
    rest = asyncio.create_task(all_events(client, handle.workflow_id, last_event_id=first[-1]))
    await control("release")
    rejoined = first + [event.id for event in await rest]
    assert rejoined == [event.id for event in await all_events(client, handle.workflow_id)]


@check
async def cancel(client):
    handle = await client.submit_task("stall", mode="simple", context=dict(SCRIPTED))
    watching = asyncio.create_task(all_events(client, handle.workflow_id))
    async for event in client.stream(handle.workflow_id, total_timeout=PATIENCE_S):
        if event.type == "thread.message.delta":
            break
    assert await client.cancel(handle.task_id, reason="enough") is True
    status = await client.wait(handle.task_id, timeout=PATIENCE_S, poll_interval=0.05)
    assert status.status == TaskStatusEnum.CANCELLED
    assert [event.type for event in await watching][-3:] == ["workflow.cancelling", "workflow.cancelled", "done"]
    state = await client.get_control_state(handle.task_id)
    assert state.is_cancelled and not state.is_paused
    assert state.cancel_reason == "enough" and state.cancelled_by and state.paused_at is None
    assert await client.cancel(handle.task_id) is True
    done = await finished(client, "What is 5+5?", mode="simple")
    assert await client.cancel(done.task_id) is False


@check
async def pause_and_resume(client):
    handle = await client.submit_task("hold, to be paused", context=dict(SCRIPTED))
    await control("held")
    assert await client.pause_task(handle.task_id, reason="lunch") is True
    assert (await client.get_status(handle.task_id)).status == TaskStatusEnum.PAUSED
    state = await client.get_control_state(handle.task_id)
    assert state.is_paused and state.pause_reason == "lunch" and state.paused_by and recent(state.paused_at)
    try:
        await client.pause_task(handle.task_id)
        raise AssertionError("a second pause was taken")
    except errors.ConnectionError as error:
        assert error.code == "409" and "task is already paused" in error.message
    await control("release")
    async for event in client.stream(handle.workflow_id, types=[EventType.WORKFLOW_PAUSED], total_timeout=PATIENCE_S):
        if event.type == EventType.WORKFLOW_PAUSED.value:
            break
    assert await client.resume_task(handle.task_id, reason="back") is True
    status = await client.wait(handle.task_id, timeout=PATIENCE_S, poll_interval=0.05)
    assert status.status == TaskStatusEnum.COMPLETED
    types = [event.type for event in await all_events(client, handle.workflow_id)]
    steering = [name for name in types if name.startswith("workflow.")]
    assert steering == ["workflow.pausing", "workflow.paused", "workflow.resumed"]
    assert not (await client.get_control_state(handle.task_id)).is_paused


@check
async def failure(client):
    handle = await client.submit_task("fail", mode="simple", context=dict(SCRIPTED))
    status = await client.wait(handle.task_id, timeout=PATIENCE_S, poll_interval=0.05)
    assert status.status == TaskStatusEnum.FAILED
    assert "the scripted failure" in status.error_message
    assert status.result is None
    events = await all_events(client, handle.workflow_id)
    assert [event.type for event in events][-3:] == ["ERROR_OCCURRED", "WORKFLOW_FAILED", "done"]
    assert events[-3].message == status.error_message


@check
async def a_person_is_asked(client):
    handle = await client.submit_task("ask", context=dict(SCRIPTED))
    messages = []
    async for event in client.stream(handle.workflow_id, types=[EventType.WAITING], total_timeout=PATIENCE_S):
        messages.append(event.message)
        if event.message.startswith("Answer by POST "):
            break
    assert "Which of the two?" in messages[0]
    assert handle.task_id in messages[-1]
    assert (await client.get_status(handle.task_id)).status == TaskStatusEnum.RUNNING
    await client.cancel(handle.task_id)


@check
async def sessions_with_memory(client):
    named = "sdk-memory"
    first = await finished(client, "My name is Ada", mode="simple", session_id=named)
    second = await finished(client, "What is my name?", mode="simple", session_id=named)
    assert "Ada" in second.result
    tokens = first.usage["total_tokens"] + second.usage["total_tokens"]

    session = await client.get_session(named)
    assert session.session_id == named
    assert session.title == "My name is Ada"
    assert session.user_id and session.task_count == 2
    assert session.total_tokens_used == tokens
    assert session.total_cost_usd == 0
    assert session.is_research_session is False and session.research_strategy is None
    assert recent(session.created_at) and recent(session.updated_at)

    sessions, total = await client.list_sessions(limit=100)
    assert total == len(sessions)
    [summary] = [each for each in sessions if each.session_id == named]
    assert summary.title == "My name is Ada"
    assert summary.message_count == 2 and summary.successful_tasks == 2 and summary.failed_tasks == 0
    assert summary.success_rate == 1 and summary.is_active and not summary.is_near_budget_limit
    assert summary.total_tokens_used == tokens
    assert summary.latest_task_query == "What is my name?" and summary.latest_task_status == "COMPLETED"
    assert summary.first_task_mode == "simple"
    assert recent(summary.last_activity_at)

    history = await client.get_session_history(named)
    assert [item.task_id for item in history] == [first.task_id, second.task_id]
    assert [item.query for item in history] == ["My name is Ada", "What is my name?"]
    assert history[1].result == second.result and history[1].status == "COMPLETED"
    assert sum(item.tokens_used for item in history) == tokens
    assert all(recent(item.created_at) and recent(item.completed_at) for item in history)

    turns, count = await client.get_session_events(named, limit=1, offset=1)
    assert count == 2
    [turn] = turns
    assert (turn.turn, turn.task_id, turn.user_query) == (2, second.task_id, "What is my name?")
    assert turn.final_output == second.result and recent(turn.timestamp)
    assert turn.metadata["tokens_used"] == second.usage["total_tokens"]
    assert {"WORKFLOW_STARTED", "LLM_OUTPUT"} <= {event.type for event in turn.events}

    assert await client.update_session_title(named, "Ada's talk") is True
    assert (await client.get_session(named)).title == "Ada's talk"
    for title in ("", "x" * 61):
        await refused(errors.ValidationError, client.update_session_title(named, title))

    assert await client.delete_session(named) is True
    await refused(errors.SessionNotFoundError, client.get_session(named))
    fresh = await finished(client, "What is my name?", mode="simple", session_id=named)
    assert "Ada" not in fresh.result
    assert (await client.get_session(named)).task_count == 1


@check
async def sessions_that_the_server_names(client):
    first = await client.submit_task("My name is Grace", mode="simple")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first.session_id)
    await client.wait(first.task_id, timeout=PATIENCE_S, poll_interval=0.05)
    second = await finished(client, "What is my name?", mode="simple", session_id=first.session_id)
    assert "Grace" in second.result
    assert (await client.get_session(first.session_id)).session_id == first.session_id


async def refused(kind, call):
    try:
        await call
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


@check
async def refusals(client):
    unknown = "task_00000000000000000000000000"
    for call in (client.get_status, client.get_task_events, client.get_control_state, client.cancel, client.pause_task):
        error = await refused(errors.TaskNotFoundError, call(unknown))
        assert error.message == "Task not found"
    for call in (client.get_session, client.get_session_history, client.get_session_events, client.delete_session):
        error = await refused(errors.SessionNotFoundError, call("nobody"))
        assert error.message == "Session not found"
    error = await refused(errors.ValidationError, client.get_status("bad id"))
    assert error.message == "Invalid task ID format"
    error = await refused(errors.ValidationError, client.submit_task("q", provider_override="nobody"))
    assert error.message.startswith("Invalid provider_override: nobody (allowed: openai, ")
    await refused(errors.ValidationError, client.list_tasks(limit=101))
    await refused(errors.ValidationError, client.list_tasks(status="SLEEPING"))
    for wrong in (new_client("sk_wrong", SERVE_URL), new_client(None, SERVE_URL)):
        async with wrong:
            error = await refused(errors.AuthenticationError, wrong.get_status(unknown))
            assert error.message == "Unauthorized"


@check
async def no_key_in_development(_):
    for developer in (new_client(None), new_client("sk_of_nobody")):
        async with developer:
            handle = await finished(developer, "What is 6+6?", mode="simple")
            assert "12" in handle.result


@check
async def ways_to_send_a_key(_):
    for client in (
        AsyncShannonClient(base_url=BASE_URL, bearer_token=API_KEY),
        new_client(API_KEY.replace("sk_", "sk-shannon-", 1)),
    ):
        async with client:
            await client.list_tasks()


@check
async def waiting_too_short(client):
    handle = await client.submit_task("stall", mode="simple", context=dict(SCRIPTED))
    await refused(errors.TaskTimeoutError, client.wait(handle.task_id, timeout=0.1, poll_interval=0.05))
    assert await client.cancel(handle.task_id) is True


@check
async def blocking_client(_):
    await asyncio.to_thread(use_blocking_client)


def use_blocking_client():
    asyncio.set_event_loop(asyncio.new_event_loop())
    with ShannonClient(base_url=BASE_URL, api_key=API_KEY) as client:
        handle = client.submit_task("What is 6+6?", mode="simple")
        assert [event.type for event in handle.stream()][-1] == "done"
        assert "12" in handle.result(timeout=PATIENCE_S)
        assert handle.cancel() is False


@check
async def command_line(client):
    def shannon(*words):
        script = os.path.join(os.path.dirname(sys.executable), "shannon")
        options = ["--base-url", BASE_URL, "--api-key", API_KEY]
        ran = subprocess.run([script, *options, *words], capture_output=True, text=True, timeout=PATIENCE_S)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    shown = await asyncio.to_thread(shannon, "submit", "What is 7+7?", "--wait", "--session-id", "sdk-cli")
    assert "14" in shown
    task_id = re.search(r"Task ID: (\S+)", shown)[1]
    assert "Status: COMPLETED" in await asyncio.to_thread(shannon, "status", task_id)
    assert "WORKFLOW_COMPLETED: All done" in await asyncio.to_thread(shannon, "stream", task_id)
    assert "Paused: False" in await asyncio.to_thread(shannon, "control-state", task_id)
    assert "sdk-cli" in await asyncio.to_thread(shannon, "session-get", "sdk-cli")


async def main():
    failed = 0
    for function in CHECKS:
        name = function.__name__.replace("_", " ")
        try:
            async with new_client() as client:
                await asyncio.wait_for(function(client), 2 * PATIENCE_S)
            print(f"ok    {name}")
        except Exception:
            failed += 1
            print(f"FAIL  {name}")
            traceback.print_exc()
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
