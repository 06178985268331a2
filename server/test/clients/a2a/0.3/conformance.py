"""The official A2A client for Python, version 0.3 of the protocol, unmodified: by JSON-RPC and by HTTP.

Wants OPEN_URL, the base of a server that takes anybody from this machine, whose default agent is that of the conformance
kits; GUARDED_URL, one that demands keys, and KEY, one of them. Prints one line for each check; exit code 1 when any fails.
"""

import asyncio
import os
import sys
import traceback
import uuid

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientHTTPError, A2AClientJSONRPCError
from a2a.types import (
    GetTaskPushNotificationConfigParams,
    Message,
    Part,
    PushNotificationConfig,
    Role,
    TaskIdParams,
    TaskPushNotificationConfig,
    TaskQueryParams,
    TaskState,
    TextPart,
    TransportProtocol,
)

OPEN_URL = os.environ["OPEN_URL"]
GUARDED_URL = os.environ["GUARDED_URL"]
KEY = os.environ["KEY"]
BINDINGS = [TransportProtocol.jsonrpc, TransportProtocol.http_json]
NOBODYS = "task_00000000000000000000000000"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


async def client_of(binding, url, streaming=True, key=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    caller = httpx.AsyncClient(headers=headers, timeout=30)
    card = await A2ACardResolver(caller, url).get_agent_card()
    config = ClientConfig(
        streaming=streaming,
        httpx_client=caller,
        supported_transports=[binding],
        use_client_preference=True,
    )
    return ClientFactory(config).create(card)


def asked(prefix, text="Hello", **more):
    return Message(
        message_id=f"{prefix}-{uuid.uuid4()}",
        role=Role.user,
        parts=[Part(root=TextPart(text=text))],
        **more,
    )


async def told(stream):
    return [event async for event in stream]


async def sent(client, message):
    [(task, _)] = await told(client.send_message(message))
    return task


async def refused(awaited, code):
    try:
        await awaited
    except A2AClientJSONRPCError as refusal:
        assert refusal.error.code == code, refusal
    except A2AClientHTTPError as refusal:
        assert 400 <= refusal.status_code < 500, refusal
    else:
        raise AssertionError("was not refused")


@check
async def a_message_begins_a_task(waiting, _):
    task = await sent(waiting, asked("tck-complete-task"))
    assert task.status.state == TaskState.completed, task
    assert task.status.message.parts[0].root.text == "Hello from TCK", task
    assert task.context_id and task.history[0].role == Role.user, task


@check
async def an_answer_may_be_a_message_alone(waiting, streaming):
    for client in (waiting, streaming):
        [message] = await told(client.send_message(asked("tck-message-response")))
        assert message.parts[0].root.text == "Direct message response", message


@check
async def parts_of_every_kind_come_as_they_were_made(waiting, _):
    async def part(kind):
        task = await sent(waiting, asked(f"tck-artifact-{kind}"))
        return task.artifacts[0].parts[0].root

    assert (await part("text")).text == "Generated text content"
    file = (await part("file")).file
    # By HTTP the client decodes them itself.
    assert file.bytes in ("dGNr", "tck") and file.mime_type == "text/plain", file
    assert (await part("file-url")).file.uri == "https://example.com/output.txt"
    assert (await part("data")).data["count"] == 42


@check
async def a_stream_tells_what_becomes_of_the_task(_, streaming):
    events = await told(streaming.send_message(asked("tck-stream-artifact-chunked")))
    task, last = events[-1]
    assert last.final and last.status.state == TaskState.completed, last
    # The client puts the pieces together itself.
    [artifact] = task.artifacts
    assert "".join(part.root.text for part in artifact.parts) == "chunk-1 chunk-2", artifact


@check
async def a_question_is_answered_and_its_reader_hears_it(waiting, streaming):
    task = await sent(waiting, asked("tck-input-required"))
    assert task.status.state == TaskState.input_required, task
    stream = streaming.resubscribe(TaskIdParams(id=task.id))
    first, _ = await anext(stream)
    assert first.id == task.id, first
    answer = asked("tck-complete-task", task_id=task.id, context_id=task.context_id)
    assert (await sent(waiting, answer)).status.state == TaskState.completed
    _, last = (await told(stream))[-1]
    assert last.final and last.status.state == TaskState.completed, last
    late = asked("tck-complete-task", text="And now?", task_id=task.id)
    await refused(sent(waiting, late), -32004)


@check
async def a_task_is_read_again(waiting, _):
    task = await sent(waiting, asked("tck-complete-task"))
    whole = await waiting.get_task(TaskQueryParams(id=task.id))
    assert whole == task, whole
    await refused(waiting.get_task(TaskQueryParams(id=NOBODYS)), -32001)


@check
async def a_task_is_cancelled_once(waiting, _):
    task = await sent(waiting, asked("tck-input-required"))
    cancelled = await waiting.cancel_task(TaskIdParams(id=task.id))
    assert cancelled.status.state == TaskState.canceled, cancelled
    await refused(waiting.cancel_task(TaskIdParams(id=task.id)), -32002)


@check
async def push_configurations_are_set_and_read(waiting, _):
    task = await sent(waiting, asked("tck-input-required"))
    url = "http://localhost:9/heard"
    config = PushNotificationConfig(id="py", url=url, token="t0ken")
    wanted = TaskPushNotificationConfig(task_id=task.id, push_notification_config=config)
    made = await waiting.set_task_callback(wanted)
    assert (made.task_id, made.push_notification_config.url) == (task.id, url), made
    named = GetTaskPushNotificationConfigParams(id=task.id, push_notification_config_id="py")
    read = await waiting.get_task_callback(named)
    assert (read.task_id, read.push_notification_config.url) == (task.id, url), read


async def a_key_opens_what_the_card_alone_does_not_tell(binding):
    known = await client_of(binding, GUARDED_URL, key=KEY)
    card = await known.get_card()
    assert "For those with a key." in card.description, card
    stranger = await client_of(binding, GUARDED_URL, streaming=False)
    try:
        await sent(stranger, asked("tck-complete-task"))
    except A2AClientHTTPError as refusal:
        assert refusal.status_code == 401, refusal
    else:
        raise AssertionError("a stranger was let in")


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
            passed.append(await judged(f"{binding.value} {function.__name__}", function(*clients)))
        name = a_key_opens_what_the_card_alone_does_not_tell.__name__
        passed.append(await judged(f"{binding.value} {name}", a_key_opens_what_the_card_alone_does_not_tell(binding)))
    print(f"{sum(passed)} of {len(passed)} checks pass")
    return 0 if all(passed) else 1


sys.exit(asyncio.run(main()))
