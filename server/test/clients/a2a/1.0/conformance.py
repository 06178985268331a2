"""The official A2A client for Python, version 1 of the protocol, unmodified: by JSON-RPC, by HTTP, and to a base of 0.3.

Wants OPEN_URL, the base of a server that takes anybody from this machine, whose default agent is that of the conformance
kits; GUARDED_URL, one that demands keys, and KEY, one of them. Prints one line for each check; exit code 1 when any fails.
"""

import asyncio
import os
import sys
import traceback
import uuid

import httpx
from a2a.client import Client, ClientConfig, create_client
from a2a.types import a2a_pb2 as a2a
from a2a.utils import errors

OPEN_URL = os.environ["OPEN_URL"]
GUARDED_URL = os.environ["GUARDED_URL"]
KEY = os.environ["KEY"]
BINDINGS = ["JSONRPC", "HTTP+JSON"]
NOBODYS = "task_00000000000000000000000000"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


async def client_of(binding, url, streaming=True, key=None) -> Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    caller = httpx.AsyncClient(headers=headers, timeout=30)
    return await create_client(
        url,
        ClientConfig(streaming=streaming, httpx_client=caller, supported_protocol_bindings=[binding]),
    )


def asked(prefix, text="Hello", **more):
    message = a2a.Message(
        message_id=f"{prefix}-{uuid.uuid4()}",
        role=a2a.ROLE_USER,
        parts=[a2a.Part(text=text)],
        **more,
    )
    return a2a.SendMessageRequest(message=message)


async def told(stream):
    return [event async for event in stream]


async def sent(client, request) -> a2a.Task:
    [event] = await told(client.send_message(request))
    return event.task


async def refused(awaited, error):
    try:
        await awaited
    except error as refusal:
        return refusal
    raise AssertionError(f"was not refused with {error.__name__}")


def state_of(task):
    return a2a.TaskState.Name(task.status.state)


@check
async def a_message_begins_a_task(waiting, _):
    task = await sent(waiting, asked("tck-complete-task"))
    assert state_of(task) == "TASK_STATE_COMPLETED", task
    assert task.status.message.parts[0].text == "Hello from TCK", task
    assert task.context_id and task.history[0].role == a2a.ROLE_USER, task


@check
async def an_answer_may_be_a_message_alone(waiting, streaming):
    for client in (waiting, streaming):
        [event] = await told(client.send_message(asked("tck-message-response")))
        assert event.message.parts[0].text == "Direct message response", event


@check
async def parts_of_every_kind_come_as_they_were_made(waiting, _):
    async def part(kind):
        task = await sent(waiting, asked(f"tck-artifact-{kind}"))
        return task.artifacts[0].parts[0]

    assert (await part("text")).text == "Generated text content"
    file = await part("file")
    assert file.raw == b"tck" and file.media_type == "text/plain", file
    assert (await part("file-url")).url == "https://example.com/output.txt"
    assert (await part("data")).data.struct_value.fields["count"].number_value == 42


@check
async def a_stream_tells_what_becomes_of_the_task(_, streaming):
    events = await told(streaming.send_message(asked("tck-stream-artifact-chunked")))
    kinds = [event.WhichOneof("payload") for event in events]
    assert kinds[0] == "task" and kinds[-1] == "status_update", kinds
    pieces = [event.artifact_update for event in events if event.HasField("artifact_update")]
    assert [(piece.append, piece.last_chunk) for piece in pieces] == [(False, False), (True, True)], pieces
    assert "".join(part.text for piece in pieces for part in piece.artifact.parts) == "chunk-1 chunk-2"
    assert state_of(events[-1].status_update) == "TASK_STATE_COMPLETED"


@check
async def a_question_is_answered_and_its_reader_hears_it(waiting, streaming):
    task = await sent(waiting, asked("tck-input-required"))
    assert state_of(task) == "TASK_STATE_INPUT_REQUIRED", task
    stream = streaming.subscribe(a2a.SubscribeToTaskRequest(id=task.id))
    first = await anext(stream)
    assert first.task.id == task.id, first
    answer = asked("tck-complete-task", task_id=task.id, context_id=task.context_id)
    assert state_of(await sent(waiting, answer)) == "TASK_STATE_COMPLETED"
    assert state_of((await told(stream))[-1].status_update) == "TASK_STATE_COMPLETED"
    late = asked("tck-complete-task", text="And now?", task_id=task.id)
    await refused(sent(waiting, late), errors.UnsupportedOperationError)


@check
async def a_task_is_read_again(waiting, _):
    task = await sent(waiting, asked("tck-complete-task"))
    whole = await waiting.get_task(a2a.GetTaskRequest(id=task.id))
    assert whole == task, whole
    short = await waiting.get_task(a2a.GetTaskRequest(id=task.id, history_length=0))
    assert not short.history, short


@check
async def tasks_are_listed_page_by_page(waiting, _):
    begun = [await sent(waiting, asked("tck-complete-task", context_id="py-list")) for _ in range(3)]
    seen, token = [], ""
    while True:
        page = await waiting.list_tasks(a2a.ListTasksRequest(context_id="py-list", page_size=2, page_token=token))
        assert page.page_size == 2 and page.total_size >= 3, page
        seen += [task.id for task in page.tasks]
        token = page.next_page_token
        if not token:
            break
    assert seen[:3] == [task.id for task in reversed(begun)], seen


@check
async def a_task_is_cancelled(waiting, _):
    task = await sent(waiting, asked("tck-input-required"))
    cancelled = await waiting.cancel_task(a2a.CancelTaskRequest(id=task.id))
    assert state_of(cancelled) == "TASK_STATE_CANCELED", cancelled
    done = await sent(waiting, asked("tck-complete-task"))
    await refused(waiting.cancel_task(a2a.CancelTaskRequest(id=done.id)), errors.TaskNotCancelableError)


@check
async def push_configurations_are_made_read_listed_and_deleted(waiting, _):
    task = await sent(waiting, asked("tck-input-required"))
    url = "http://localhost:9/heard"
    wanted = a2a.TaskPushNotificationConfig(task_id=task.id, id="py", url=url, token="t0ken")
    made = await waiting.create_task_push_notification_config(wanted)
    assert (made.id, made.task_id, made.url) == ("py", task.id, url), made
    named = {"task_id": task.id, "id": "py"}
    assert (await waiting.get_task_push_notification_config(
        a2a.GetTaskPushNotificationConfigRequest(**named)
    )).url == url
    listed = await waiting.list_task_push_notification_configs(
        a2a.ListTaskPushNotificationConfigsRequest(task_id=task.id)
    )
    assert [config.id for config in listed.configs] == ["py"], listed
    await waiting.delete_task_push_notification_config(a2a.DeleteTaskPushNotificationConfigRequest(**named))
    await refused(
        waiting.get_task_push_notification_config(a2a.GetTaskPushNotificationConfigRequest(**named)),
        errors.A2AError,
    )


@check
async def refusals_are_the_protocols_own(waiting, _):
    await refused(waiting.get_task(a2a.GetTaskRequest(id=NOBODYS)), errors.TaskNotFoundError)
    await refused(sent(waiting, asked("tck-complete-task", task_id=NOBODYS)), errors.TaskNotFoundError)
    foreign = asked("tck-complete-task")
    foreign.message.parts[0].media_type = "application/x-unknown"
    await refused(sent(waiting, foreign), errors.ContentTypeNotSupportedError)
    empty = a2a.SendMessageRequest(message=a2a.Message(message_id="m", role=a2a.ROLE_USER))
    # By HTTP the client has no error of its own for it.
    await refused(sent(waiting, empty), errors.A2AError)


async def a_key_opens_what_the_card_alone_does_not_tell(binding):
    known = await client_of(binding, GUARDED_URL, key=KEY)
    card = await known.get_extended_agent_card(a2a.GetExtendedAgentCardRequest())
    assert "For those with a key." in card.description, card
    stranger = await client_of(binding, GUARDED_URL, streaming=False)
    await refused(sent(stranger, asked("tck-complete-task")), errors.A2AError)


async def the_old_version_is_spoken_to_through_the_new_client(binding):
    client = await client_of(binding, f"{OPEN_URL}/0.3", streaming=False)
    task = await sent(client, asked("tck-input-required"))
    assert state_of(await client.get_task(a2a.GetTaskRequest(id=task.id))) == "TASK_STATE_INPUT_REQUIRED"
    answered = await sent(client, asked("tck-artifact-text", task_id=task.id, context_id=task.context_id))
    assert state_of(answered) == "TASK_STATE_COMPLETED", answered
    streaming = await client_of(binding, f"{OPEN_URL}/0.3")
    events = await told(streaming.send_message(asked("tck-stream-001")))
    assert state_of(events[-1].status_update) == "TASK_STATE_COMPLETED", events


async def judged(name, awaited) -> bool:
    try:
        await asyncio.wait_for(awaited, 60)
        print(f"ok    {name}")
        return True
    except Exception:
        print(f"FAIL  {name}")
        traceback.print_exc()
        return False


async def main() -> int:
    passed = []
    for binding in BINDINGS:
        clients = [await client_of(binding, OPEN_URL, streaming) for streaming in (False, True)]
        for function in CHECKS:
            passed.append(await judged(f"{binding} {function.__name__}", function(*clients)))
        for function in (a_key_opens_what_the_card_alone_does_not_tell, the_old_version_is_spoken_to_through_the_new_client):
            passed.append(await judged(f"{binding} {function.__name__}", function(binding)))
    print(f"{sum(passed)} of {len(passed)} checks pass")
    return 0 if all(passed) else 1


sys.exit(asyncio.run(main()))
