/** The caller's tasks, those first whose state changed last. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import { sizeOf } from "../../../task/json/json.ts";
import type { Task } from "../../../task/task.ts";
import type { LatestFilter, LatestPlace } from "../../../task/task-filter.ts";
import { threadOf } from "../../../task/thread.ts";
import { InvalidParams } from "../faults.ts";
import type { ListCommand } from "../model/command.ts";
import type { TaskListView, TaskView } from "../model/view.ts";
import { conversationNamed } from "../names.ts";
import { type Exchange, operation } from "../operation.ts";
import { contextIdOf, taskView, type Wanted } from "../view/task.ts";
import { statesOf } from "../vocabulary.ts";

/** About the characters of a page, which has one task at least: tasks are shown with all that was said. */
const PAGE_CHARS_MAX = 1 << 20;

export const list = operation({
  name: "list",
  summary: "List tasks, those first whose state changed last",
  methods: { "1.0": "ListTasks", "0.3": "tasks/list" },
  paths: [{ method: "GET", path: "/tasks" }],
  run: async (exchange, command) => ({ result: exchange.dialect.codec.write.list(await listed(exchange, command)) }),
});

async function listed(exchange: Exchange, command: ListCommand): Promise<TaskListView> {
  const { verbs, principal } = exchange;
  const { pageSize, historyLength, includeArtifacts } = command;
  const filters = filtersOf(command);
  const after = command.pageToken === "" ? null : placeIn(command.pageToken, filters);
  const { contextId } = command;
  const conversation = contextId === null ? undefined : await conversationNamed(exchange, contextId);
  if (conversation === null) return { tasks: [], nextPageToken: "", pageSize, totalSize: 0 };
  const filter: LatestFilter = { ...filterOf(command), ...(conversation !== undefined && { conversation }) };
  const found = await verbs.tasks.latest(principal, filter, { limit: pageSize, after });
  const wanted = { historyLength, artifacts: includeArtifacts };
  const tasks: TaskView[] = [];
  let reached: LatestPlace | null = null;
  let size = 0;
  for await (const { task, next } of found.tasks) {
    const shown = task && (await listedView(exchange, task, wanted));
    if (shown !== null) {
      size += shown.size;
      if (tasks.length > 0 && size > PAGE_CHARS_MAX) break;
      tasks.push(shown.view);
    }
    reached = next;
    // The next one would be read for nothing.
    if (size >= PAGE_CHARS_MAX) break;
  }
  return { tasks, nextPageToken: reached === null ? "" : tokenOf(reached, filters), pageSize, totalSize: found.total };
}

/**
 * One of which more was said or made than is answered whole, or of which that cannot be read, keeps no other from being listed: it
 * is shown without. Null for one that has gone meanwhile.
 */
async function listedView(
  exchange: Exchange,
  task: Task,
  wanted: Wanted,
): Promise<{ view: TaskView; size: number } | null> {
  const contextId = await listedContextId(exchange, task);
  try {
    const view = await taskView(exchange, task, { ...wanted, contextId });
    return { view, size: sizeOf(view) };
  } catch (error) {
    if (!(error instanceof Refusal)) exchange.parts.unexpected(error, exchange.requestId);
    else if (error.code === "not_found") return null;
    else if (error.code !== "too_large") throw error;
    const view = await taskView(exchange, task, { contextId, historyLength: 0, artifacts: false });
    // What was read of it counts, though it is not shown.
    return { view, size: PAGE_CHARS_MAX };
  }
}

/** Of a conversation that cannot be read, the client's own name is not shown either. */
async function listedContextId(exchange: Exchange, task: Task): Promise<string> {
  try {
    return await contextIdOf(exchange, task);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    exchange.parts.unexpected(error, exchange.requestId);
    return task.conversation ?? threadOf(task);
  }
}

function filterOf({ state, changedFrom }: ListCommand): LatestFilter {
  return {
    ...(state !== null && { states: statesOf(state) }),
    ...(state === "auth-required" && { asks: { is: "authorization" as const } }),
    ...(state === "input-required" && { asks: { not: "authorization" as const } }),
    ...(changedFrom !== null && { changedFrom }),
  };
}

const token = z.tuple([z.int().nonnegative(), z.string().max(64), z.string()]);

/** What a page goes on with: its last task, and a mark of what was asked for. */
function tokenOf({ changedAt, id }: LatestPlace, filters: string): string {
  return Buffer.from(JSON.stringify([changedAt, id, filters])).toString("base64url");
}

function placeIn(text: string, filters: string): LatestPlace {
  const parsed = token.safeParse(jsonIn(Buffer.from(text, "base64url").toString("utf8")));
  if (parsed.success && parsed.data[2] === filters) return { changedAt: parsed.data[0], id: parsed.data[1] };
  const description = parsed.success ? "is of a list with other filters" : "is none that a page has given";
  throw new InvalidParams([{ field: "pageToken", description }]);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function filtersOf({ contextId, state, changedFrom }: ListCommand): string {
  return createHash("sha256")
    .update(JSON.stringify([contextId, state, changedFrom]))
    .digest("base64url")
    .slice(0, 22);
}
