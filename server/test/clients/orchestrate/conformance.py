"""The clients of watsonx Orchestrate's development kit, unmodified, as its command line uses them.

Wants LOCAL_URL, a server that takes anybody from this machine; UNATTENDED_URL, another one; HOSTED_URL, a server that demands keys, and HOSTED_KEY,
one of them. The kit tells the two apart by the host's name and asks for other paths: here every name is this machine's.
Prints one line for each check; exit code 1 when any fails.
"""

import contextlib
import io
import json
import os
import socket
import sys
import time
import traceback
import uuid
from urllib.parse import urlsplit

import jwt
import requests
from ibm_watsonx_orchestrate.cli.commands.chat import chat_controller
from ibm_watsonx_orchestrate_clients.agents.agent_client import AgentClient
from ibm_watsonx_orchestrate_clients.agents.assistant_agent_client import AssistantAgentClient
from ibm_watsonx_orchestrate_clients.agents.external_agent_client import ExternalAgentClient
from ibm_watsonx_orchestrate_clients.chat.run_client import RunClient
from ibm_watsonx_orchestrate_clients.common.base_client import ClientAPIException
from ibm_watsonx_orchestrate_clients.common.utils import check_token_validity
from ibm_watsonx_orchestrate_clients.connections.connections_client import ConnectionsClient
from ibm_watsonx_orchestrate_clients.knowledge_bases.knowledge_base_client import KnowledgeBaseClient
from ibm_watsonx_orchestrate_clients.model_policies.model_policies_client import ModelPoliciesClient
from ibm_watsonx_orchestrate_clients.models.models_client import ModelsClient
from ibm_watsonx_orchestrate_clients.threads.threads_client import ThreadsClient
from ibm_watsonx_orchestrate_clients.toolkit.toolkit_client import ToolKitClient
from ibm_watsonx_orchestrate_clients.tools.tool_client import ToolClient
from ibm_watsonx_orchestrate_clients.voice_configurations.voice_configurations_client import VoiceConfigurationsClient
from ibm_watsonx_orchestrate_core.types.tools.types import ToolSpec

LOCAL_URL = os.environ["LOCAL_URL"].rstrip("/")
HOSTED_PORT = urlsplit(os.environ["HOSTED_URL"]).port
HOSTED_URL = f"http://api.orchestrate.example:{HOSTED_PORT}/instances/{uuid.uuid4()}"
HOSTED_KEY = os.environ["HOSTED_KEY"]
# People have a second there, and a run whose time was over has failed.
UNATTENDED_URL = os.environ["UNATTENDED_URL"].rstrip("/")
PATIENCE_S = 30

CHECKS = []
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve("127.0.0.1", *rest, **more)


def check(function):
    CHECKS.append(function)
    return function


class Shape:
    """A deployment: makes clients as the kit's own `instantiate_client` does."""

    def __init__(self, name, url, key, is_local):
        self.name, self.url, self.key, self.is_local = name, url, key, is_local

    def client(self, kind, key=None):
        return kind(base_url=self.url, api_key=key or self.key, is_local=self.is_local)

    @property
    def runs(self):
        return self.client(RunClient)

    @property
    def threads(self):
        return self.client(ThreadsClient)

    @property
    def agents(self):
        return self.client(AgentClient)

    @property
    def knowledge_bases(self):
        return self.client(KnowledgeBaseClient)

    def indexed(self, knowledge_base):
        deadline = time.monotonic() + 2 * PATIENCE_S
        while (status := self.knowledge_bases.status(knowledge_base))["built_in_index_status"] == "rebuilding":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return status

    def finished(self, message, **more):
        begun = self.runs.create_run(message, **more)
        return begun, self.runs.wait_for_run_completion(begun["run_id"], poll_interval=0.1, max_retries=PATIENCE_S * 10)


def text_of(message):
    return message["content"][0]["text"]


def refused(status, call, *words, **more):
    try:
        call(*words, **more)
    except ClientAPIException as error:
        assert error.response.status_code == status, error.response.text
        return error.response.json()
    raise AssertionError(f"not refused with {status}")


@check
def a_run_is_waited_for_and_has_its_answer(shape):
    begun, status = shape.finished("What is 7+7?")
    assert set(begun) == {"thread_id", "run_id", "task_id", "message_id"}
    assert status["status"] == "completed" and status["id"] == begun["run_id"]
    message = status["result"]["data"]["message"]
    assert "14" in text_of(message) and message["role"] == "assistant"
    messages = shape.threads.get_thread_messages(begun["thread_id"])
    assert [m["role"] for m in messages] == ["user", "assistant"]
    assert messages[0]["id"] == begun["message_id"] and messages[1]["id"] == message["id"]


@check
def a_thread_goes_on_and_is_listed(shape):
    first, _ = shape.finished("My name is Ada.")
    second, _ = shape.finished("What is 2+3?", thread_id=first["thread_id"])
    assert second["thread_id"] == first["thread_id"] and second["run_id"] != first["run_id"]
    assert len(shape.threads.get_thread_messages(first["thread_id"])) == 4
    assert first["thread_id"] in [thread["id"] for thread in shape.threads.get()["data"]]
    agent = shape.runs.get_run_status(first["run_id"])["agent_id"]
    assert first["thread_id"] in [thread["id"] for thread in shape.threads.get_all_threads(agent)["data"]]
    both = shape.threads.get_threads_messages([first["thread_id"]] * 2)
    assert len(both) == 2 and both[0] == both[1]


@check
def a_question_of_the_agent_is_answered_by_the_next_message(shape):
    agent = shape.agents.get_draft_by_name("Scripted")[0]["id"]
    begun = shape.runs.create_run("ask me", agent_id=agent)
    deadline = time.monotonic() + PATIENCE_S
    while shape.runs.get_run_status(begun["run_id"])["status"] != "requires_input":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    question = shape.threads.get_thread_messages(begun["thread_id"])[-1]
    assert question["additional_properties"]["is_interrupt"] and "Which of the two?" in text_of(question)
    again, status = shape.finished("the first", agent_id=agent, thread_id=begun["thread_id"])
    assert again["run_id"] == begun["run_id"] and again["task_id"] != begun["task_id"]
    assert status["status"] == "completed" and "the first" in text_of(status["result"]["data"]["message"])


@check
def a_flow_that_has_answered_is_found_in_its_thread(shape):
    before, _ = shape.finished("Hello")
    # With the question, which is there when the run is.
    count = len(shape.threads.get_thread_messages(before["thread_id"])) + 1
    shape.runs.create_run("What is 3+4?", thread_id=before["thread_id"])
    found = shape.threads.poll_for_flow_completion(before["thread_id"], count, poll_interval=0.1, max_retries=300)
    assert "7" in text_of(found)


@check
def a_run_that_fails_says_why(shape):
    agent = shape.agents.get_draft_by_name("Scripted")[0]["id"]
    _, status = shape.finished("fail", agent_id=agent)
    assert status["status"] == "failed" and status["last_error"]
    assert text_of(status["result"]["data"]["message"]) == status["last_error"]


@check
def logs_that_were_captured_are_read_by_run_and_by_message(shape):
    begun, status = shape.finished("What is 1+1?", capture_logs=True)
    message = status["result"]["data"]["message"]
    by_message = shape.threads.get_logs_by_message_id(begun["thread_id"], message["id"])["captured_logs"]
    by_id = shape.threads.get_logs_by_log_id(message["log_id"])["captured_logs"]
    assert by_id["log_count"] == len(by_id["logs"]) == by_message["log_count"] > 0
    assert {"timestamp", "level", "message"} <= set(by_id["logs"][0])


@check
def agents_are_made_found_changed_and_deleted(shape):
    name = f"clerk_{uuid.uuid4().hex[:8]}"
    spec = {
        "kind": "native",
        "name": name,
        "display_name": "The clerk",
        "description": "Answers.",
        "instructions": "Be brief.",
        "llm": "watsonx/ibm/granite-3-8b-instruct",
        "style": "default",
        "tools": [],
        "collaborators": [],
        "knowledge_base": [],
        "hidden": False,
        "tags": ["office"],
        "welcome_content": {"welcome_message": "Good day", "is_default_message": False},
        "starter_prompts": {"is_default_prompts": False, "prompts": [{"title": "Sum", "prompt": "2+2", "state": "active"}]},
    }
    made = shape.agents.create(spec)
    refused(409, shape.agents.create, {"name": name, "description": "again"})
    found = shape.agents.get_draft_by_name(name)
    assert [agent["id"] for agent in found] == [made.id]
    assert found[0]["llm"] == "watsonx/ibm/granite-3-8b-instruct" and found[0]["tags"] == ["office"]
    assert found[0]["welcome_content"]["welcome_message"] == "Good day"
    assert found[0]["starter_prompts"]["prompts"][0]["prompt"] == "2+2"
    assert shape.agents.get_draft_by_id(made.id)["display_name"] == "The clerk"
    assert made.id in [agent["id"] for agent in shape.agents.get()]
    assert [agent["id"] for agent in shape.agents.get_drafts_by_ids([made.id])] == [made.id]
    begun, status = shape.finished("What is 2+2?", agent_id=made.id)
    assert status["status"] == "completed" and status["agent_id"] == made.id
    shape.agents.update(made.id, {"description": "Answers gladly."})
    assert shape.agents.get_draft_by_id(made.id)["description"] == "Answers gladly."
    environments = shape.agents.get_environments_for_agent(made.id)
    assert {environment["name"] for environment in environments} == {"draft", "live"}
    shape.agents.delete(made.id)
    assert shape.agents.get_draft_by_id(made.id) == ""
    assert shape.runs.get_run_status(begun["run_id"])["status"] == "completed"


@check
def a_knowledge_base_is_made_answered_from_changed_and_deleted(shape):
    name = f"manuals_{uuid.uuid4().hex[:8]}"
    spec = {"kind": "knowledge_base", "name": name, "description": "Of pumps", "prioritize_built_in_index": True}
    files = [("files", ("pump.txt", b"For the pump order the seal XK-47.")), ("files", ("river.txt", b"The Danube is long."))]
    payload = {"knowledge_base": json.dumps(spec), "file_urls": json.dumps({"pump.txt": "https://pumps.example/"})}
    made = shape.knowledge_bases.create_built_in(payload, files)["knowledge_base"]
    status = shape.indexed(made)
    assert status["built_in_index_status"] == "ready" and status["ready"], status
    names = {document["metadata"]["original_file_name"] for document in status["documents"]}
    assert names == {"pump.txt", "river.txt"}
    assert shape.knowledge_bases.get_by_name(name)["id"] == made
    assert shape.knowledge_bases.get_by_id(made)["description"] == "Of pumps"
    assert made in [base["id"] for base in shape.knowledge_bases.get()]
    assert [base["id"] for base in shape.knowledge_bases.get_by_ids([made])] == [made]
    assert shape.knowledge_bases.get_by_names(["nobody's"]) == []
    agent = shape.agents.create({"name": f"mechanic_{uuid.uuid4().hex[:8]}", "description": "", "knowledge_base": [made]})
    _, run = shape.finished("Which seal does the pump need?", agent_id=agent.id)
    assert "XK-47" in text_of(run["result"]["data"]["message"])
    shape.knowledge_bases.update(made, {"knowledge_base": json.dumps({"name": name, "description": "Of pumps only"})})
    assert shape.knowledge_bases.get_by_id(made)["description"] == "Of pumps only"
    again = [("files", ("pump.txt", b"For the pump order the seal QQ-99."))]
    shape.knowledge_bases.update_with_documents(made, {"knowledge_base": json.dumps({"name": name})}, again)
    documents = shape.indexed(made)["documents"]
    assert [document["metadata"]["original_file_name"] for document in documents] == ["pump.txt"]
    refused(409, shape.knowledge_bases.create, {"knowledge_base": json.dumps(spec)})
    shape.knowledge_bases.delete(made)
    refused(404, shape.knowledge_bases.get_by_id, made)


@check
def a_file_is_uploaded_and_read_by_a_run(shape):
    path = os.path.join(os.environ["HOME"], "code.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("The code is QX-81.")
    uploaded = shape.runs.upload_file_to_s3(path)
    assert uploaded[0]["fileName"] == "code.txt" and uploaded[0]["statusCode"] == 200 and not uploaded[0]["invalid"]
    for message in ("What is the code?", ""):
        begun = shape.runs.create_run_with_files(message, uploaded)
        status = shape.runs.wait_for_run_completion(begun["run_id"], poll_interval=0.1, max_retries=PATIENCE_S * 10)
        assert status["status"] == "completed", status
        if message:
            assert "QX-81" in text_of(status["result"]["data"]["message"]), status


@check
def a_token_is_had_for_a_key_and_says_whose_it_is(shape):
    form = {"username": "ada", "password": shape.key or "any"}
    answer = requests.post(f"{shape.url}/api/v1/auth/token", data=form, timeout=PATIENCE_S)
    token = answer.json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] and check_token_validity(token)
    headers = {"Authorization": f"Bearer {token}"}
    tenants = requests.get(f"{shape.url}/api/v1/tenants", headers=headers, timeout=PATIENCE_S)
    assert [tenant["id"] for tenant in tenants.json()] == [claims["woTenantId"]]
    begun = shape.client(RunClient, key=token).create_run("Hello")
    assert shape.runs.get_run_status(begun["run_id"])["tenant_id"] == claims["woTenantId"]


@check
def what_the_command_line_reads_beside_agents_is_there(shape):
    nobody = str(uuid.uuid4())
    for elsewhere in (shape.client(ExternalAgentClient), shape.client(AssistantAgentClient)):
        assert elsewhere.get() == [] and elsewhere.get_draft_by_name("nobody") == []
        assert elsewhere.get_drafts_by_ids([nobody]) == [] and elsewhere.get_draft_by_id(nobody) == ""
    tools = shape.client(ToolClient)
    names = [tool["name"] for tool in tools.get()]
    assert "calculator" in names and len(names) > 3
    assert [tool["id"] for tool in tools.get_drafts_by_ids(["calculator"])] == ["calculator"]
    for tool in tools.get():
        ToolSpec.model_validate(tool, context="list")
    assert shape.client(ToolKitClient).get() == []
    assert shape.client(ModelsClient).list() == [] and shape.client(ModelsClient).list_all() == []
    assert shape.client(ModelPoliciesClient).list() == []
    assert shape.client(VoiceConfigurationsClient).list() == []
    # In its local shape the kit asks for them at port 3001: what is forwarded from there is answered too.
    connections = shape.client(ConnectionsClient)
    assert connections.list() == [] and connections.get_drafts_by_ids([nobody]) == []
    assert connections.get("nobody") is None and connections.get_draft_by_id(nobody) == nobody
    assert connections.get_config("nobody", "draft") is None
    assert all(connections.get_credentials("nobody", "draft", of_app) is None for of_app in (True, False))
    # The kit takes no agent without a model.
    assert all(isinstance(agent["llm"], str) for agent in shape.agents.get())


@check
def the_chat_asks_and_prints_the_answer_with_its_reasoning_and_logs(shape):
    def chat(words, agent, thread=None):
        more = {"include_reasoning": True, "capture_logs": True, "return_agent_interaction_result": True}
        with contextlib.redirect_stdout(printed):
            return chat_controller.execute_agent_interaction_with_fallback(
                shape.runs, shape.threads, words, agent["id"], agent_name=agent["name"], thread_id=thread, **more
            )

    printed = io.StringIO()

    clerk = shape.agents.get_draft_by_name("assistant")[0]
    said = chat("What is 7+8?", clerk)
    assert said.status == "success" and "15" in said.final_message, said
    assert [step["step_details"][0]["type"] for step in said.reasoning_trace["steps"]] == ["tool_calls", "tool_response"]
    again = chat("What is 7+9?", clerk, said.thread_id)
    assert again.thread_id == said.thread_id and "16" in again.final_message
    assert len(shape.threads.get_thread_messages(said.thread_id)) == 4
    assert "Captured Logs" in printed.getvalue() and "Called tool 'calculator'" in printed.getvalue()
    scripted = shape.agents.get_draft_by_name("Scripted")[0]
    assert chat("fail", scripted) is None


@check
def the_chat_with_an_agent_that_asks_ends_also_when_nobody_answers(shape):
    """Without an end of its own: it waits for a run that has completed, failed or been cancelled."""
    unattended = Shape(shape.name, UNATTENDED_URL, None, True)
    scripted = unattended.agents.get_draft_by_name("Scripted")[0]
    with contextlib.redirect_stdout(io.StringIO()):
        said = chat_controller.execute_agent_interaction_with_fallback(
            unattended.runs, unattended.threads, "ask me", scripted["id"], False, scripted["name"]
        )
    assert said is None
    [run] = requests.get(f"{UNATTENDED_URL}/v1/orchestrate/runs?limit=1", timeout=PATIENCE_S).json()["data"]
    assert run["status"] == "failed" and "Nobody answered in time" in run["last_error"]


@check
def what_is_wrong_is_said(shape):
    assert refused(404, shape.runs.get_run_status, str(uuid.uuid4())) == {"detail": "Run not found"}
    assert refused(404, shape.threads.get_thread_messages, str(uuid.uuid4())) == {"detail": "Thread not found"}
    refused(404, shape.runs.create_run, "Hello", agent_id="nobody")
    wrong = refused(422, shape.runs.create_run, "Hello", thread_id="no uuid")
    assert wrong["detail"][0]["loc"] == ["body", "thread_id"] and wrong["detail"][0]["type"] == "uuid_parsing"
    if not shape.is_local:
        stranger = shape.client(RunClient, key="nobody's")
        assert refused(401, stranger.create_run, "Hello") == {"detail": "Invalid authentication credentials"}


def main():
    shapes = [Shape("local", LOCAL_URL, None, True), Shape("hosted", HOSTED_URL, HOSTED_KEY, False)]
    failed = 0
    for shape in shapes:
        for function in CHECKS:
            name = function.__name__.replace("_", " ")
            try:
                function(shape)
                print(f"ok    {shape.name}: {name}")
            except Exception:
                failed += 1
                print(f"FAIL  {shape.name}: {name}")
                traceback.print_exc()
    total = len(CHECKS) * len(shapes)
    print(f"{total - failed} of {total} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
