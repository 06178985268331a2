/** What a kind does after any unsuccessful end: a task of its own, made durable together with that end. */
import { z } from "zod";
import type { Write } from "../../store/store.ts";
import { type Change, submitted } from "../../task/decide.ts";
import { defineHandler, type Handler } from "../../task/handler.ts";
import { Handlers } from "../../task/handlers.ts";
import { newTask, plainSubmission } from "../../task/new-task.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import { traceOfChild } from "../../task/trace.ts";
import type { Ids } from "../ids.ts";

const CLEANUP_KIND = "waybill.cleanup";

/** Tries of a cleanup after the first, from 1 s to 10 minutes apart: about two hours in all. */
const CLEANUP_RETRIES = 20;

/** These handlers, and the one that cleans up after their tasks. */
export function withCleanup(handlers: readonly Handler[], find: (id: string) => Promise<Task | null>): Handlers {
  const all = new Handlers(handlers);
  all.add(cleanupHandler(all, find));
  return all;
}

function cleanupHandler(handlers: Handlers, find: (id: string) => Promise<Task | null>): Handler {
  return defineHandler({
    kind: CLEANUP_KIND,
    input: z.strictObject({ task: z.string() }),
    present: ({ task }) => ({ title: `Clean up after ${task}` }),
    run: async (ctx, input) => {
      await ctx.step(
        "cleanup",
        async (step) => {
          const task = await find(input.task);
          // An older version let anybody submit one that names anything.
          if (task && isCleanedBy(ctx.task, task)) await handlerFor(task, handlers)?.cleanup?.(step, task);
          return null;
        },
        { retries: CLEANUP_RETRIES, backoffMaxMs: 600_000 },
      );
      return null;
    },
  });
}

function isCleanedBy(cleanup: Pick<Task, "tenant" | "user">, { tenant, user, state }: Task): boolean {
  return tenant === cleanup.tenant && user === cleanup.user && isTerminal(state) && state !== "completed";
}

/** The cleanup that follows a change, if one does. */
export function cleanupAfter(change: Change, handlers: Handlers, ids: Ids): Write[] {
  const { task } = change;
  const ended =
    isTerminal(task.state) && task.state !== "completed" && change.before !== null && !isTerminal(change.before.state);
  const handler = handlers.get(CLEANUP_KIND);
  if (!ended || !handler || !handlerFor(task, handlers)?.cleanup) return [];
  const { tenant, user, lens, id, models } = task;
  const submission = plainSubmission(CLEANUP_KIND, { task: id });
  const cleanup = newTask(
    {
      handler,
      submission,
      tenant,
      user,
      lens,
      conversation: null,
      parent: null,
      retryOf: null,
      trace: traceOfChild(task),
      models,
    },
    ids.taskId(task.updatedAt),
    task.updatedAt,
  );
  return [submitted(cleanup.task)];
}

/** Its own version, or where that is gone the newest. */
function handlerFor(task: Task, handlers: Handlers): Handler | undefined {
  return handlers.of(task) ?? handlers.get(task.kind);
}
