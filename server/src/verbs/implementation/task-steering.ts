/** The common part of acts on a task: a line in the audit log, and an idempotency key by which a repeat is recognised. */
import type { Along } from "../../engine/transitions.ts";
import { auditEntry } from "../../task/audit.ts";
import { Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Principal } from "../../task/principal.ts";
import type { Steering } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import type { Acknowledged } from "../tasks.ts";
import { idempotencyRecord, mustBeSameRequest } from "./idempotency.ts";
import { shareOf } from "./share-of.ts";
import { TaskReading } from "./task-reading.ts";

/** The scope of idempotency keys of acts on a task; replaces a lens's name. */
const STEERING = "steering";

export class TaskSteering extends TaskReading {
  /**
   * What commits with an act: its line in the audit log, its idempotency key, and the bounds on its caller's share. The reason is in
   * the task's own log and is erased with it: the audit log outlives an erasure.
   */
  protected along(principal: Principal, act: string, task: TaskId, { idempotency }: Steering): Along {
    const at = this.parts.clock.now();
    return {
      audit: auditEntry(principal, act, at, { task }),
      ...shareOf(this.parts.heldBounds, principal, at),
      ...(idempotency && { idempotency: idempotencyRecord(principal, STEERING, idempotency, at) }),
    };
  }

  /**
   * As `along` for an act that makes room, or answers a task's question: a caller with a full share may do it too, as each question is
   * answered once, and nothing else brings the task to its end.
   */
  protected alongAlways(...given: Parameters<TaskSteering["along"]>): Along {
    const { share: _, ...along } = this.along(...given);
    return along;
  }

  /** A repeated act is recognised by its key, also when the task's new state would refuse it. */
  protected async steer(
    principal: Principal,
    id: TaskId,
    { idempotency }: Steering,
    act: () => Promise<{ task: Task; replayed: boolean; hash: string | null }>,
  ): Promise<Acknowledged> {
    try {
      const { task, replayed, hash } = await act();
      if (hash !== null) mustBeSameRequest(idempotency, hash);
      return { task, replayed };
    } catch (error) {
      const record =
        isRefusal(error, "not_allowed_in_state") && idempotency
          ? idempotencyRecord(principal, STEERING, idempotency, this.parts.clock.now())
          : null;
      const known = record && (await this.parts.store.replay(record.scope, record.key));
      if (!known) throw error;
      mustBeSameRequest(idempotency, known.hash);
      return { task: await this.get(principal, id), replayed: true };
    }
  }
}

export function isRefusal(error: unknown, code: Refusal["code"]): boolean {
  return error instanceof Refusal && error.code === code;
}
