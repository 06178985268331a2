/**
 * What people have to do with a task, whatever its kind: its question and form, what else may be done, what is attached, said
 * and was done. A form that somebody may be writing in stays as it is while it is about the same.
 */
import type { Act, AllowedAct, Json, Task, Waybill } from "@waybill/sdk";
import { isTerminal } from "@waybill/sdk";
import { actsRow } from "./acts.ts";
import { decisionCard, formIn } from "./decision.ts";
import { card, element } from "./element.ts";
import { namesOf, suggestions } from "./identities.ts";
import { questionCard, type Told } from "./question.ts";
import { attachmentsCard, commentsCard, historyCard } from "./remarks.ts";
import { moment } from "./task-facts.ts";

const SUGGESTIONS = "identities";

export class WorkCards {
  readonly view = element("div", { class: "work" });
  readonly #client: Waybill;
  readonly #id: string;
  readonly #changed: () => void;
  readonly #facts = element("div");
  readonly #decision = element("div");
  readonly #acts = element("div");
  readonly #files = element("div");
  readonly #comments = element("div");
  readonly #history = element("div");
  #decides = "";
  #offers = "";
  #seen = 0;

  /** `changed` hears that the task was changed from here. */
  constructor(client: Waybill, id: string, changed: () => void) {
    this.#client = client;
    this.#id = id;
    this.#changed = changed;
    this.view.append(this.#facts, this.#decision, this.#acts, this.#files, this.#comments, this.#history);
    void suggestions(client, SUGGESTIONS).then((list) => this.view.append(list));
  }

  /**
   * Draws what has changed since. Of a task that asks nobody there is nothing, and of one that asks for a child its question
   * alone: all else is the child's. Rejects as the server refuses.
   */
  async show(task: Task, signal: AbortSignal): Promise<void> {
    if (task.last_event === this.#seen) return;
    const { human } = this.#client;
    if (task.assignment === null) {
      if (task.input_required === null && this.#decides === "") return;
      const allowed = await human.allowed(this.#id, { signal });
      if (signal.aborted) return;
      this.#seen = task.last_event;
      return this.#drawDecision(task, allowed);
    }
    const [allowed, comments, attachments, history] = await Promise.all([
      human.allowed(this.#id, { signal }),
      human.comments(this.#id, { signal }),
      human.attachments(this.#id, { signal }),
      human.history(this.#id, { signal }),
    ]);
    if (signal.aborted) return;
    this.#seen = task.last_event;
    const isOver = isTerminal(task.state);
    this.#facts.replaceChildren(factsOf(task));
    this.#drawDecision(task, allowed);
    this.#drawActs(allowed);
    this.#files.replaceChildren(
      attachmentsCard(this.#client, this.#id, attachments, isOver ? null : { add: (file) => this.#attach(file) }),
    );
    this.#drawComments(commentsCard(comments, isOver ? null : { add: (text) => this.#comment(text) }), isOver);
    this.#history.replaceChildren(historyCard(history));
  }

  /** Goes to the first thing to fill in or to press; false when there is none. */
  focus(): boolean {
    const first = this.view.querySelector<HTMLElement>(
      ".card.ask :is(input, textarea, select, button):not(:disabled), .acts button",
    );
    first?.focus();
    return first !== null;
  }

  #drawDecision(task: Task, allowed: readonly AllowedAct[]): void {
    const { assignment, input_required: question } = task;
    const decisions = allowed.filter(({ act }) => act === "decide" || act === "save");
    const about = JSON.stringify([decisions, assignment?.payload, question?.name, question?.text]);
    if (about === this.#decides) return;
    this.#decides = about;
    const mayDecide = allowed.some(({ act }) => act === "decide");
    if (task.kind !== "human") {
      const answer = async (told: Told): Promise<void> => {
        const handle = this.#client.task(this.#id);
        const options = { ...(question && { prompt: question.name }) };
        await ("text" in told ? handle.say(told.text, options) : handle.input(told.value, options));
        this.#changed();
      };
      this.#decision.replaceChildren(
        ...(question === null ? [] : [mayDecide ? questionCard(question, answer) : asked(question.text)]),
      );
      return;
    }
    const hasMore = formIn(task) === null && Object.keys(assignment?.payload ?? {}).length > 0;
    this.#decision.replaceChildren(
      ...(hasMore ? [payloadCard(assignment?.payload ?? {})] : []),
      ...(mayDecide || decisions.length > 0 || formIn(task) !== null
        ? [decisionCard(task, allowed, (act) => this.#act(act))]
        : []),
    );
  }

  #drawActs(allowed: readonly AllowedAct[]): void {
    const offers = JSON.stringify(allowed);
    if (offers === this.#offers) return;
    this.#offers = offers;
    this.#acts.replaceChildren(actsRow(allowed, SUGGESTIONS, (act) => this.#act(act)));
  }

  /** Keeps what somebody has begun to write. */
  #drawComments(made: HTMLElement, isOver: boolean): void {
    const before = this.#comments.querySelector("form");
    const after = made.querySelector("form");
    if (!isOver && before !== null && after !== null) after.replaceWith(before);
    this.#comments.replaceChildren(made);
  }

  async #act(act: Act): Promise<void> {
    await this.#client.human.act(this.#id, act);
    this.#changed();
  }

  async #attach(file: File): Promise<void> {
    await this.#client.human.attach(this.#id, file);
    this.#changed();
  }

  async #comment(text: string): Promise<void> {
    await this.#client.human.comment(this.#id, text);
    this.#changed();
  }
}

function asked(text: string): HTMLElement {
  return card("It asks", "", element("p", { class: "text" }, text));
}

function payloadCard(payload: Record<string, Json | undefined>): HTMLElement {
  const rows = Object.entries(payload).map(([name, value]) =>
    element(
      "div",
      {},
      element("dt", {}, name),
      element("dd", {}, typeof value === "object" ? JSON.stringify(value) : String(value)),
    ),
  );
  return card("What is decided on", "", element("dl", { class: "facts-grid" }, ...rows));
}

function factsOf({ assignment, input, kind }: Task): HTMLElement {
  if (assignment === null) return element("div");
  const {
    assignees,
    claimed_by,
    owner,
    from,
    due_at,
    expires_at,
    stage,
    stages,
    votes,
    priority,
    outcome,
    decided_by,
  } = assignment;
  const needed = stages[stage]?.votes;
  const facts: [name: string, value: string | null][] = [
    ["For", claimed_by === null ? namesOf(assignees) : `${claimed_by}, who claimed it`],
    ["From", from],
    ["Owner", namesOf([owner])],
    ["Priority", `${priority} of 5`],
    ["Due", due_at && `${moment(due_at)}${assignment.overdue ? ", overdue" : ""}`],
    ["Expires", expires_at && moment(expires_at)],
    ["Stage", stages.length > 1 ? `${stage + 1} of ${stages.length}` : null],
    [
      "Votes",
      votes.length > 0 ? `${votes.map(({ by, outcome }) => `${by}: ${outcome}`).join(", ")} (${needed})` : null,
    ],
    ["Decided", decided_by && `${outcome ?? "skipped"}, by ${decided_by}`],
    ["Key", assignment.key],
    ["Category", assignment.category],
  ];
  const description =
    kind === "human" && typeof input === "object" && input !== null && !Array.isArray(input)
      ? input["description"]
      : null;
  return card(
    "Work of people",
    "",
    typeof description === "string" && description !== "" ? element("p", { class: "text" }, description) : null,
    element(
      "dl",
      { class: "facts-grid" },
      ...facts.flatMap(([name, value]) =>
        value === null ? [] : [element("div", {}, element("dt", {}, name), element("dd", {}, value))],
      ),
    ),
  );
}
