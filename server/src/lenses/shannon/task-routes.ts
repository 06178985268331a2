/** Tasks: submit, read, steer. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import { isTerminal, type State } from "../../task/states.ts";
import type { Steering } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import type { TaskFilter } from "../../task/task-filter.ts";
import type { Acknowledged } from "../../verbs/tasks.ts";
import type { LensParts } from "../lens.ts";
import { callerOf } from "./caller.ts";
import { headerText } from "./headers.ts";
import { idempotencyOf, tellReplayed } from "./idempotency.ts";
import { paging } from "./paging.ts";
import { stringsOf } from "./query.ts";
import { steeringBody, type WireEvent } from "./schema.ts";
import { findSession } from "./session-routes.ts";
import { parseSubmit, sessionNamed, submissionOf } from "./submission.ts";
import { controlStateOf, isoTime, listedTaskOf, sessionOf, statusOf } from "./translate.ts";
import { plainStatus, statesOf, WIRE_ID } from "./vocabulary.ts";
import { listedEvents } from "./wire-log.ts";

const SUBMIT_BYTES_MAX = 40 * 1024 * 1024;
const STEERING_BYTES_MAX = 64 * 1024;

const idParams = z.object({ id: z.string() });

export function addTaskRoutes(app: FastifyInstance, parts: LensParts): void {
  const { verbs } = parts;
  const submitting = {
    bodyLimit: SUBMIT_BYTES_MAX,
    config: { shannon: { noun: "Session", failure: "Failed to submit task" } },
  } as const;

  /** `POST /api/v1/tasks`: starts an agent on a query. */
  app.post("/tasks", submitting, async (request, reply) => {
    const { task } = await submit(parts, request, reply, "/api/v1/tasks");
    return sendBytes(reply.code(200), {
      task_id: task.id,
      workflow_id: task.id,
      status: "STATUS_CODE_OK",
      message: `Task submitted successfully. Session: ${sessionOf(task)}`,
      created_at: isoTime(task.createdAt),
    });
  });

  /** `POST /api/v1/tasks/stream`: the same, answered with where its events are streamed. */
  app.post("/tasks/stream", submitting, async (request, reply) => {
    const { task } = await submit(parts, request, reply, "/api/v1/tasks/stream");
    const url = `${app.prefix}/stream/sse?workflow_id=${encodeURIComponent(task.id)}`;
    reply.header("link", `<${url}>; rel=stream`);
    return sendBytes(reply.code(201), { workflow_id: task.id, task_id: task.id, stream_url: url });
  });

  /** `GET /api/v1/tasks`: the caller's tasks, newest first. */
  app.get("/tasks", concerning("Failed to list tasks"), async (request, reply) => {
    const principal = callerOf(request);
    const query = stringsOf(request.query);
    const page = paging(query, { limit: 20, limitMax: 100 });
    const filter: TaskFilter = {};
    if (query["status"]) {
      const states = statesOf(query["status"]);
      if (states === null) throw new Refusal("invalid", "Invalid status value");
      filter.states = states;
    }
    if (query["session_id"]) {
      if (!WIRE_ID.test(query["session_id"])) throw new Refusal("invalid", "Invalid session_id format");
      const session = await findSession(verbs.conversations, principal, query["session_id"]);
      if (session === null) return reply.send({ tasks: [], total_count: 0 });
      filter.conversation = session.conversation.id;
    }
    const { tasks, total } = await verbs.tasks.list(principal, filter, page);
    return reply.send({ tasks: tasks.map(listedTaskOf), total_count: total });
  });

  /** `GET /api/v1/tasks/{id}`: the status, and the result once there is one. */
  app.get("/tasks/:id", concerning("Failed to get task status"), async (request, reply) => {
    const principal = callerOf(request);
    const task = await verbs.tasks.get(principal, taskId(request));
    const answer = answers.get(task) ?? (await answerOf(principal, task));
    return reply.header("x-workflow-id", task.id).type("application/json; charset=utf-8").send(answer);
  });

  /** The answer depends on the task alone, and a task that changes is another object. */
  const answers = new WeakMap<Task, string>();

  async function answerOf(principal: Principal, task: Task): Promise<string> {
    const calls = task.usage.calls > 0 ? await verbs.tasks.usage(principal, task.id) : [];
    const answer = JSON.stringify(statusOf(task, calls));
    answers.set(task, answer);
    return answer;
  }

  /** `GET /api/v1/tasks/{id}/control-state`: who paused or cancelled it, and why. */
  app.get("/tasks/:id/control-state", concerning("Failed to get control state"), async (request, reply) => {
    return reply.send(controlStateOf(await verbs.tasks.get(callerOf(request), taskId(request))));
  });

  /** `GET /api/v1/tasks/{id}/events`: what happened so far, oldest first, without live text. */
  app.get("/tasks/:id/events", concerning("Failed to get events"), async (request, reply) => {
    const principal = callerOf(request);
    const id = taskId(request);
    const page = paging(stringsOf(request.query), { limit: 50, limitMax: 200 });
    const task = await verbs.tasks.get(principal, id);
    const events: WireEvent[] = [];
    let passed = 0;
    for await (const event of listedEvents(verbs.tasks, principal, task)) {
      passed += 1;
      if (passed > page.offset) events.push(event);
      if (events.length === page.limit) break;
    }
    return reply.send({ events, count: events.length });
  });

  app.register(async (steering) => {
    // An empty or malformed body is as good as none.
    steering.removeAllContentTypeParsers();
    steering.addContentTypeParser("*", { parseAs: "buffer" }, (_request, bytes, done) => {
      done(null, lenientJson(bytes.toString()));
    });
    addSteeringRoutes(steering, parts);
  });
}

/** Where a task's events are streamed. A key in the query, as on the stream itself, goes along. */
export function addRedirectRoute(app: FastifyInstance): void {
  /** `GET /api/v1/tasks/{id}/stream` */
  app.get("/tasks/:id/stream", concerning("Failed to stream events"), (request, reply) => {
    const query = stringsOf(request.query);
    const carried = new URLSearchParams({ workflow_id: taskId(request) });
    for (const name of ["types", "last_event_id", "api_key", "token"]) {
      if (query[name]) carried.set(name, query[name]);
    }
    return reply.redirect(`${app.prefix}/stream/sse?${carried}`, 307);
  });
}

/** Needs its own body parser, see above. */
function addSteeringRoutes(app: FastifyInstance, { verbs }: LensParts): void {
  const options = (failure: string) => ({
    bodyLimit: STEERING_BYTES_MAX,
    config: { shannon: { noun: "Task", failure } } as const,
  });

  /** `POST /api/v1/tasks/{id}/cancel`: ends it, and what it had started. */
  app.post("/tasks/:id/cancel", options("Failed to cancel task"), async (request, reply) => {
    const principal = callerOf(request);
    const { id } = idParams.parse(request.params);
    const steer = () => verbs.tasks.cancel(principal, id, steeringOf(request, `/api/v1/tasks/${id}/cancel`));
    const done = await unlessWrongState(steer, () => verbs.tasks.get(principal, id));
    if ("task" in done) tellReplayed(request, reply, done.replayed);
    if ("task" in done || done.state === "cancelled") {
      return reply.code(202).send({ success: true, message: "Task cancelled successfully" });
    }
    const status = plainStatus(done.state);
    const message = `Task is already in terminal state: ${status}`;
    return reply.code(202).send({ success: false, message, status, error: message });
  });

  /** `POST /api/v1/tasks/{id}/pause`: holds it at its next checkpoint, after the step that is in flight. */
  app.post("/tasks/:id/pause", options("Failed to pause task"), async (request, reply) => {
    const principal = callerOf(request);
    const { id } = idParams.parse(request.params);
    const steer = () => verbs.tasks.pause(principal, id, steeringOf(request, `/api/v1/tasks/${id}/pause`));
    const done = await unlessWrongState(steer, () => verbs.tasks.get(principal, id));
    if (!("task" in done)) throw new Refusal("not_allowed_in_state", notPausable(done.state), { state: done.state });
    tellReplayed(request, reply, done.replayed);
    return reply.code(202).send({ success: true, message: "Pause signal sent", task_id: done.task.id });
  });

  /** `POST /api/v1/tasks/{id}/resume`: lets a paused one go on. */
  app.post("/tasks/:id/resume", options("Failed to resume task"), async (request, reply) => {
    const principal = callerOf(request);
    const { id } = idParams.parse(request.params);
    const steer = () => verbs.tasks.resume(principal, id, steeringOf(request, `/api/v1/tasks/${id}/resume`));
    const done = await unlessWrongState(steer, () => verbs.tasks.get(principal, id));
    if (!("task" in done)) throw new Refusal("not_allowed_in_state", notResumable(done.state), { state: done.state });
    tellReplayed(request, reply, done.replayed);
    return reply.code(202).send({ success: true, message: "Resume signal sent", task_id: done.task.id });
  });
}

async function submit(
  { verbs, agents }: LensParts,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
): Promise<Acknowledged> {
  const principal = callerOf(request);
  const body = parseSubmit(request.body);
  const named = {
    agents: agents.map(({ slug }) => slug),
    providers: ["local", ...agents.flatMap(({ model }) => model?.split(":", 1) ?? [])],
  };
  const submission = submissionOf(body, sessionNamed(body) ?? randomUUID(), named);
  const done = await verbs.tasks
    .submit(principal, "shannon", submission, idempotencyOf(request, path))
    .catch((error: unknown) => {
      throw inWireWords(error);
    });
  reply.header("x-workflow-id", done.task.id);
  reply.header("x-session-id", headerText(sessionOf(done.task)));
  tellReplayed(request, reply, done.replayed);
  return done;
}

/** As bytes, since Node.js encodes the head of an answer like its body, and a session's name is in both. */
function sendBytes(reply: FastifyReply, body: object): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(Buffer.from(JSON.stringify(body)));
}

/** What the kind itself refuses names a field of its input, which is none of the wire's. */
function inWireWords(error: unknown): unknown {
  if (!(error instanceof Refusal) || error.code !== "invalid") return error;
  return new Refusal("invalid", `Invalid request body: ${error.message.replace(/^input[\w.]*: /, "")}`, error.detail);
}

/** What the act came to, or the state that did not permit it. */
async function unlessWrongState(
  act: () => Promise<Acknowledged>,
  read: () => Promise<Task>,
): Promise<Acknowledged | { state: State }> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_allowed_in_state") throw error;
    return { state: (await read()).state };
  }
}

const INTO_WORDS: Partial<Record<State, string>> = { timed_out: "timed out", rejected: "failed" };

function notPausable(state: State): string {
  return isTerminal(state) ? `cannot pause ${INTO_WORDS[state] ?? state} task` : "task is already paused";
}

function notResumable(state: State): string {
  return isTerminal(state) ? `cannot resume ${INTO_WORDS[state] ?? state} task` : "task is not paused";
}

function steeringOf(request: FastifyRequest, path: string): Steering {
  const { reason } = steeringBody.parse(request.body);
  const idempotency = idempotencyOf(request, path);
  return { ...(reason !== undefined && { reason }), ...(idempotency && { idempotency }) };
}

function taskId(request: FastifyRequest): string {
  const { id } = idParams.parse(request.params);
  if (!WIRE_ID.test(id)) throw new Refusal("invalid", "Invalid task ID format");
  return id;
}

function concerning(failure: string) {
  return { config: { shannon: { noun: "Task", failure } } } as const;
}

function lenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
