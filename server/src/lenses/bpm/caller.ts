/** The caller and the address of the request, which every read of a task needs. */
import { Refusal } from "../../task/errors.ts";
import { HUMAN_KIND } from "../../task/people/human.ts";
import type { Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import type { Call } from "../route.ts";
import { Links } from "./links.ts";

type Asked = Pick<Call<never, unknown, unknown>, "principal" | "verbs" | "origin" | "mount">;

/** Generations that are climbed to the root of a tree. */
const GENERATIONS_MAX = 100;
/** Renewals of one piece of work that are followed back. */
const LIVES_MAX = 100;

/** People's number of a task, which stays the same when it is renewed. */
export function numberOf({ number, assignment }: Pick<Task, "number" | "assignment">): number {
  return assignment?.number ?? number;
}

export type Tree = { root: number; hasChildren: boolean };

export class Caller {
  readonly principal: Principal;
  readonly verbs: Verbs;
  readonly links: Links;

  constructor({ principal, verbs, origin, mount }: Asked) {
    this.principal = principal;
    this.verbs = verbs;
    this.links = new Links({ origin, mount });
  }

  /** A user's name. */
  nameOf(user: string): string {
    return this.verbs.human.nameOf(this.principal, user);
  }

  /**
   * Digits are a task's number; everything else is tried as an id. A renewed task is found as the one that continues it. Throws
   * `not_found`, in the same words for both.
   */
  async find(idOrNumber: string): Promise<Task> {
    try {
      let task = /^\d+$/.test(idOrNumber)
        ? await this.verbs.tasks.numbered(this.principal, Number(idOrNumber))
        : await this.verbs.tasks.get(this.principal, idOrNumber);
      for (let as = task.assignment?.renewed?.as; as !== undefined; as = task.assignment?.renewed?.as)
        task = await this.verbs.tasks.get(this.principal, as);
      return task;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "not_found") throw error;
      throw new Refusal("not_found", `No task ${idOrNumber} is visible to the caller.`);
    }
  }

  /** The task and the tasks that it continues, oldest first, as far as the caller may see them. */
  async lives(task: Task): Promise<Task[]> {
    const lives = [task];
    for (
      let at = task;
      at.retryOf !== null && at.assignment?.number != null && lives.length < LIVES_MAX;
      lives.unshift(at)
    ) {
      try {
        at = await this.verbs.tasks.get(this.principal, at.retryOf);
      } catch (error) {
        if (error instanceof Refusal && error.code === "not_found") break;
        throw error;
      }
    }
    return lives;
  }

  /** The place of a task in its tree: the number of the root, and whether it has children. */
  async treeOf(task: Task): Promise<Tree> {
    const [root, children] = await Promise.all([this.#rootOf(task), this.#hasChildren(task)]);
    return { root, hasChildren: children };
  }

  /** As far as the caller may see it. */
  async #rootOf(task: Task): Promise<number> {
    let top = task;
    for (let up = 0; top.parent !== null && up < GENERATIONS_MAX; up++) {
      try {
        top = await this.verbs.tasks.get(this.principal, top.parent);
      } catch (error) {
        if (error instanceof Refusal && error.code === "not_found") break;
        throw error;
      }
    }
    return numberOf(top);
  }

  /** A task of people never has. */
  async #hasChildren({ id, kind }: Task): Promise<boolean> {
    if (kind === HUMAN_KIND) return false;
    const { total } = await this.verbs.tasks.list(this.principal, { parent: id }, { limit: 1 });
    return total > 0;
  }
}
