/** The verbs of people on tasks: acts, remarks, worklists. The rules are in `task/people/human-acts.ts`. */
import type { Readable } from "node:stream";
import type { Along, Plan } from "../../engine/transitions.ts";
import type { TaskPart, WorkFilter } from "../../store/human-store.ts";
import { openWhole } from "../../store/whole-file.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import { wellFormed } from "../../task/json/json.ts";
import type { Outcome } from "../../task/people/assignment.ts";
import { answerBy } from "../../task/people/decision.ts";
import { Directory, type DirectoryEntry, type IdentityQuery } from "../../task/people/directory.ts";
import {
  ATTACHMENT_NAME_BYTES_MAX,
  ATTACHMENTS_MAX,
  type Attachment,
  type Comment,
  comment as commentSchema,
  HUMAN_KIND,
  type HumanAct,
  humanAct,
} from "../../task/people/human.ts";
import { type Acting, RULES, refusalOf } from "../../task/people/human-acts.ts";
import { type Identity, identitiesOf, isMember } from "../../task/people/identity.ts";
import { type OpenQuestion, openQuestions, ownQuestions } from "../../task/people/questions.ts";
import { outcomesOf } from "../../task/people/work-item.ts";
import { isOpenWork } from "../../task/people/work-states.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { looksAfterAll, mayRead } from "../../task/visibility.ts";
import type { ActOptions, AllowedAct, HumanTasks, WorklistQuery } from "../human.ts";
import type { Acknowledged } from "../tasks.ts";
import { givenBy, mustFillForm, mustFitForm } from "./answer-check.ts";
import { checked } from "./checked.ts";
import { commentsIn, decodeSeq, historyOf, nextOf } from "./human-history.ts";
import { actorOf } from "./input-checks.ts";
import { renewedTask } from "./renewed-task.ts";
import { mustHoldMore } from "./share-of.ts";
import { askingWrite } from "./submit-task.ts";
import type { TaskVerbsParts } from "./task-reading.ts";
import { isRefusal, TaskSteering } from "./task-steering.ts";

/** Events of people that are read at once. */
const EVENTS_PAGE = 500;

export class HumanVerbs extends TaskSteering implements HumanTasks {
  readonly #directory: Directory;

  constructor(parts: TaskVerbsParts, directory = new Directory()) {
    super(parts);
    this.#directory = directory;
  }

  async act(principal: Principal, id: string, given: HumanAct, options: ActOptions = {}): Promise<Acknowledged> {
    const act = wellFormed(checked(humanAct, given));
    const task = await this.get(principal, id);
    if (act.act === "renew") return this.#renew(principal, id, act, options);
    const below = act.act === "decide" ? relayedQuestion(task)?.relayed : undefined;
    if (below) return this.#actBelow(principal, task, below.child, act, options);
    return this.steer(principal, id, options, () =>
      this.parts.engine.transitions.change(id, (task) => this.#plan(principal, task, act, options)),
    );
  }

  allowed(principal: Principal, task: Task): AllowedAct[] {
    const actor = actorOf(principal);
    const relayed = relayedQuestion(task);
    if (relayed) return isAsked(principal, task, relayed) ? outcomesOf(relayed.prompt).map(decision) : [];
    const names = Object.keys(RULES).map((name) => humanAct.options.find(({ shape }) => shape.act.value === name));
    return names.flatMap((option): AllowedAct[] => {
      const act = option?.shape.act.value;
      if (act === undefined || refusalOf(task, actor, act)) return [];
      if (act !== "decide") return [{ act, outcome: null, title: titleOf(act) }];
      return (task.assignment?.outcomes ?? []).map(decision);
    });
  }

  async worklist(principal: Principal, query: WorklistQuery, { limit, offset }: { limit: number; offset: number }) {
    const page = { limit: Math.min(limit, PAGE_LIMIT_MAX), offset, order: query.order ?? NEWEST_FIRST };
    return this.parts.store.human.worklist(this.#filter(principal, query), page);
  }

  async counts(principal: Principal, query: Pick<WorklistQuery, "of">) {
    const found = await this.parts.store.human.workCounts(this.#filter(principal, query), this.parts.clock.now());
    const byState: Awaited<ReturnType<HumanTasks["counts"]>>["byState"] = {};
    const byPriority: Record<string, number> = {};
    let overdue = 0;
    for (const { state, priority, overdue: isOverdue, count } of found) {
      byState[state] = (byState[state] ?? 0) + count;
      if (isOpenWork(state)) byPriority[priority] = (byPriority[priority] ?? 0) + count;
      if (isOverdue) overdue += count;
    }
    return { byState, byPriority, overdue };
  }

  async comment(
    principal: Principal,
    id: string,
    given: { text: string; scope?: "task" | "process" },
    options: Pick<ActOptions, "revision"> = {},
  ): Promise<Comment> {
    const { text, scope } = wellFormed(checked(commentSchema, given));
    await this.get(principal, id);
    const { task } = await this.parts.engine.transitions.change(id, (task) => {
      mustBeAt(task, options.revision);
      const event = { type: "human.commented", data: { by: principal.user, text, scope } } as const;
      return { command: { do: "remark", event }, along: this.along(principal, "comment", id, {}) };
    });
    return { text, scope, seq: task.lastSeq, by: principal.user, at: task.updatedAt };
  }

  async comments(principal: Principal, id: string, cursor?: string) {
    await this.get(principal, id);
    const events = await this.parts.store.human.humanEvents(id, decodeSeq(cursor), EVENTS_PAGE);
    return { comments: commentsIn(events), next: nextOf(events, EVENTS_PAGE) };
  }

  async attach(
    principal: Principal,
    id: string,
    given: { name: string; mediaType: string; scope?: "task" | "process" },
    { sha256, bytes }: { sha256: string; bytes: number },
    options: Pick<ActOptions, "revision"> = {},
  ): Promise<Attachment> {
    const { name, mediaType, scope = "task" } = wellFormed(given);
    mustBeName(name);
    await this.get(principal, id);
    const by = principal.user;
    const { task } = await this.parts.engine.transitions.change(id, async (task) => {
      mustBeAt(task, options.revision);
      // No other attachment is added meanwhile: each changes the task.
      await mustHoldMore(this.parts.store, this.parts.heldBounds, principal, this.parts.clock.now());
      const known = await this.parts.store.human.attachments(id);
      if (known.some((each) => each.name === name))
        throw new Refusal("conflict", `The task has an attachment "${name}" already.`, { field: "name" });
      if (known.length >= ATTACHMENTS_MAX)
        throw new Refusal("too_large", `A task has at most ${ATTACHMENTS_MAX} attachments.`);
      const event = { type: "human.attached", data: { by, name, mediaType, bytes, scope } } as const;
      const attached = {
        name,
        mediaType,
        bytes,
        sha256,
        scope,
        by,
        at: Math.max(this.parts.clock.now(), task.updatedAt),
      };
      return {
        command: { do: "remark", event },
        along: { ...this.along(principal, "attach", id, {}), attached: [attached] },
      };
    });
    return { name, mediaType, bytes, sha256, scope, by, at: task.updatedAt };
  }

  async attachments(principal: Principal, id: string): Promise<Attachment[]> {
    await this.get(principal, id);
    return this.parts.store.human.attachments(id);
  }

  async openAttachment(
    principal: Principal,
    id: string,
    name: string,
  ): Promise<{ attachment: Attachment; content: Readable }> {
    const attachment = await this.#attachment(principal, id, name);
    const what = `attachment ${name} of task ${id}`;
    const { bytes: content } = await openWhole(this.parts.store.files, attachment, what);
    return { attachment, content };
  }

  async detach(principal: Principal, id: string, name: string, options: Pick<ActOptions, "revision"> = {}) {
    await this.#attachment(principal, id, name);
    await this.parts.engine.transitions.change(id, async (task) => {
      mustBeAt(task, options.revision);
      const { by } = await this.#attachment(principal, id, name);
      const looksAfter = looksAfterAll(principal) || task.user === principal.user;
      if (by !== principal.user && !looksAfter)
        throw new Refusal("forbidden", "Only whoever added an attachment, or whose task it is, may remove it.");
      const event = { type: "human.detached", data: { by: principal.user, name } } as const;
      // It makes room, and comes no more often than attaching does.
      const along = { ...this.alongAlways(principal, "detach", id, {}), detached: name };
      return { command: { do: "remark", event }, along };
    });
  }

  async history(principal: Principal, id: string, cursor?: string) {
    const task = await this.get(principal, id);
    const after = decodeSeq(cursor);
    const events = await this.parts.store.human.humanEvents(id, after, EVENTS_PAGE);
    const next = nextOf(events, EVENTS_PAGE);
    return { entries: historyOf(task, events, { isFirst: after === 0, isLast: next === null }), next };
  }

  async identities(principal: Principal, query: IdentityQuery, { limit, offset }: { limit: number; offset: number }) {
    mustHave(principal, "tasks");
    const found = this.#directory.search(principal.tenant, query);
    return { identities: found.slice(offset, offset + Math.min(limit, PAGE_LIMIT_MAX)), total: found.length };
  }

  async identity(principal: Principal, identity: Identity): Promise<DirectoryEntry> {
    mustHave(principal, "tasks");
    const known = this.#directory.find(principal.tenant, identity);
    if (known) return known;
    if (identity.type !== "user" || identity.id !== principal.user) throw notFound("Identity");
    const { user, groups = [], roles = [] } = principal;
    const unknown = { firstName: null, lastName: null, email: null, mobile: null, manager: null };
    return { type: "user", id: user, name: user, ...unknown, groups, roles };
  }

  nameOf({ tenant }: Principal, user: string): string {
    return this.#directory.find(tenant, { type: "user", id: user })?.name ?? user;
  }

  async #attachment(principal: Principal, id: string, name: string): Promise<Attachment> {
    const attachment = (await this.attachments(principal, id)).find((each) => each.name === name);
    if (!attachment) throw notFound("Attachment");
    return attachment;
  }

  async #plan(principal: Principal, task: Task, given: HumanAct, options: ActOptions): Promise<Plan> {
    mustBeAt(task, options.revision);
    const actor = actorOf(principal);
    const refused = refusalOf(task, actor, given.act);
    if (refused) throw refused;
    if (given.act === "purge")
      return { command: { do: "delete" }, along: this.along(principal, "purge", task.id, options) };
    const { comment: said, priority } = options;
    const comment = said === undefined ? "" : checked(commentSchema, said).text;
    const escalates = given.act === "escalate" && given.to.length === 0;
    const act = escalates ? { ...given, to: this.#directory.escalationOf(task) } : given;
    if (act.act === "decide") await mustFillForm(task, act, "payload");
    if (act.act === "save" && act.payload !== undefined) await mustFitForm(task, act.payload, "payload");
    const at = this.parts.clock.now();
    const messageId = this.parts.ids.uuid(at);
    const acting = { by: actor, act, comment, messageId, ...(priority !== undefined && { priority }) };
    const isAnswer = act.act === "decide" || act.act === "submit_information";
    const acts = [principal, act.act, task.id, options] as const;
    const along = isAnswer ? this.alongAlways(...acts) : this.along(...acts);
    return { command: { do: "act", ...acting }, along: { ...along, ...(await answering(task, acting, at)) } };
  }

  /** An act on a question that a task asks for its child is decided at the child. */
  async #actBelow(principal: Principal, { id }: Task, child: TaskId, act: HumanAct, options: ActOptions) {
    const { revision: _, ...more } = options;
    const { replayed } = await this.act(principal, child, act, more);
    await this.parts.engine.transitions.relay(id, child).catch((error: unknown) => {
      if (!isRefusal(error, "not_allowed_in_state")) throw error;
    });
    return { task: await this.get(principal, id), replayed };
  }

  /** An expired task begins anew, with the changes that people made to its payload and their attachments, in one commit. */
  async #renew(principal: Principal, id: TaskId, act: HumanAct & { act: "renew" }, options: ActOptions) {
    const { engine, clock, ids, store } = this.parts;
    const plan = async (task: Task): Promise<Plan> => {
      mustBeAt(task, options.revision);
      const by = actorOf(principal);
      const refused = refusalOf(task, by, "renew");
      if (refused) throw refused;
      const handler = engine.handlers.get(task.kind);
      if (!handler) throw notFound("Task");
      const at = clock.now();
      const attached = await store.human.attachments(id);
      const fresh = askingWrite(this.parts, renewedTask(task, handler, act.expiresAt, at), { attached });
      const acting = { by, act, comment: "", messageId: ids.uuid(at), renewedAs: fresh.task.id };
      const along = this.along(principal, "renew", id, options);
      const { share } = along;
      return { command: { do: "act", ...acting }, along, others: [{ ...fresh, ...(share && { share }) }] };
    };
    const { task, replayed } = await this.steer(principal, id, options, () => engine.transitions.change(id, plan));
    return { task: await this.get(principal, task.assignment?.renewed?.as ?? id), replayed };
  }

  #filter(principal: Principal, query: WorklistQuery): WorkFilter {
    mustHave(principal, "tasks");
    const { of, order: _, createdBy, ...more } = query;
    const { tenant, user } = principal;
    const whose = this.#whose(principal, of);
    return {
      ...more,
      tenant,
      ...(createdBy !== undefined && { creator: createdBy }),
      ...(whose && { whose }),
      ...(of === "mine_and_groups" && { freeFor: user }),
      ...(of === "claimable" && { freeFor: null, states: CLAIMABLE }),
    };
  }

  #whose(principal: Principal, of: WorklistQuery["of"]): WorkFilter["whose"] {
    const { tenant, user } = principal;
    const all = identitiesOf(principal);
    const [me = { type: "user", id: user } as const, ...memberships] = all;
    const as = (part: TaskPart, identities: readonly Identity[]) => identities.map((each) => ({ ...each, part }));
    switch (of) {
      case "mine":
        return { as: [...as("assignee", [me]), ...as("claimant", [me])] };
      case "groups":
      case "claimable":
        return { as: as("assignee", memberships) };
      case "mine_and_groups":
      case "mine_and_groups_all":
        return { as: [...as("assignee", all), ...as("claimant", [me])] };
      case "reports": {
        const reports = this.#directory.reportsOf(tenant, user).map((id): Identity => ({ type: "user", id }));
        return { as: [...as("assignee", reports), ...as("claimant", reports)] };
      }
      case "owned":
        return { as: as("owner", all) };
      case "reviewed":
        return { as: as("reviewer", all) };
      case "previous":
        return { as: as("actor", [me]) };
      case "created":
        return { as: [], creator: user };
      case "all": {
        if (looksAfterAll(principal)) return undefined;
        const parts = (["assignee", "owner", "reviewer"] as const).flatMap((part) => as(part, all));
        return { as: [...parts, ...as("claimant", [me]), ...as("actor", [me])], creator: user };
      }
    }
  }
}

const CLAIMABLE = ["assigned"] as const;
const NEWEST_FIRST = [{ by: "createdAt", descending: true }] as const;

/** The question that a task asks for a child, unless it asks one of its own. */
function relayedQuestion(task: Task): OpenQuestion | undefined {
  return ownQuestions(task).length === 0 ? openQuestions(task)[0] : undefined;
}

function isAsked(principal: Principal, task: Task, { prompt }: OpenQuestion): boolean {
  const { candidates } = prompt;
  return candidates === undefined
    ? mayRead(principal, task)
    : candidates.some((identity) => isMember(principal, identity));
}

function decision({ id, title }: Outcome): AllowedAct {
  return { act: "decide", outcome: id, title };
}

/** The part of an act for the code of the task that asked: its answer, in the inbox. */
async function answering(task: Task, acting: Acting, at: number): Promise<Along> {
  const [question] = ownQuestions(task);
  const { act, by, comment, messageId } = acting;
  if (act.act !== "decide" || task.kind === HUMAN_KIND || !question) return {};
  const value = answerBy(act.outcome, act.payload, comment);
  const given = await givenBy(question.prompt, { value, words: typeof value === "string" }, task.tenant);
  return {
    inbox: { messageId, prompt: question.prompt.name, question: question.key, value, by: by.user, at, ...given },
  };
}

function mustBeAt({ revision }: Task, wanted: number | undefined): void {
  if (wanted === undefined || wanted === revision) return;
  throw new Refusal("conflict", `The task is at revision ${revision}, not ${wanted}: read it again.`);
}

function mustBeName(name: string): void {
  const isSegment = name !== "" && name !== "." && name !== ".." && !/[/\\\p{Cc}]/u.test(name);
  if (isSegment && Buffer.byteLength(name) <= ATTACHMENT_NAME_BYTES_MAX) return;
  throw new Refusal(
    "invalid",
    `name: must be one segment of a path without control characters, at most ${ATTACHMENT_NAME_BYTES_MAX} bytes.`,
    { field: "name" },
  );
}

function titleOf(act: string): string {
  const words = act.replaceAll("_", " ");
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
