/** The fields of an agent as a person reads and writes them. What is empty is the field's default. */
import type { Agent, AgentUpdate, NewAgent } from "@waybill/sdk";
import { element } from "./element.ts";
import { jsonOf } from "./json-field.ts";

const MODES = ["simple", "standard", "complex", "supervisor"] as const;
type Mode = (typeof MODES)[number];
const STRATEGIES = ["concurrent", "enqueue", "reject", "interrupt"] as const;

export class AgentForm {
  readonly form = element("form", { class: "agent-form" });
  readonly #agent: Agent | null;
  readonly #name;
  readonly #displayName;
  readonly #description;
  readonly #instructions;
  readonly #model;
  readonly #tools;
  readonly #collaborators;
  readonly #reach;
  readonly #knowledge;
  readonly #mode;
  readonly #strategy;
  readonly #maxTurns;
  readonly #minutes;
  readonly #tags;
  readonly #asks;
  readonly #hidden;
  readonly #properties;
  readonly #guardrails;
  readonly #card;

  /** Null: of one that is to be made. */
  constructor(agent: Agent | null) {
    this.#agent = agent;
    this.#name = this.#line("Name", agent?.name ?? "", { required: true, maxlength: 100 });
    this.#displayName = this.#line("Display name", agent?.display_name ?? "", { maxlength: 100 });
    this.#description = this.#line("What it is for", agent?.description ?? "", { maxlength: 2_000 }, "wide");
    this.#instructions = this.#prose("Instructions", agent?.instructions ?? "", 10);
    if (agent?.configured) this.#instructions.placeholder = "Those of the configuration are not shown.";
    this.#model = this.#line("Model", agent?.model ?? "", { placeholder: "the server's default" });
    this.#tools = this.#line("Tools", agent?.tools?.join(", ") ?? "", {
      placeholder: agent?.tools ? "none" : "all built-in ones",
    });
    this.#collaborators = this.#line("May ask these agents", agent?.collaborators.join(", ") ?? "");
    this.#reach = this.#line("Hosts that its tools may reach", agent?.reach?.join(", ") ?? "", {
      placeholder: agent?.reach ? "none" : "all that the server may",
    });
    this.#knowledge = this.#line("Searches these vector stores", agent?.knowledge_bases.join(", ") ?? "", {
      placeholder: "all of whoever asks",
    });
    this.#mode = element(
      "select",
      {},
      ...MODES.map((mode) => element("option", { value: mode, selected: mode === (agent?.mode ?? "standard") }, mode)),
    );
    this.#labelled("Mode", this.#mode);
    const strategy = agent?.multitask_strategy ?? "concurrent";
    this.#strategy = element(
      "select",
      {},
      ...STRATEGIES.map((name) => element("option", { value: name, selected: name === strategy }, name)),
    );
    this.#labelled("Beside open tasks of a conversation", this.#strategy);
    this.#maxTurns = this.#line("Turns at most", String(agent?.max_turns ?? 10), { type: "number", min: 1, max: 50 });
    const minutes = agent?.time_limit_ms ? String(agent.time_limit_ms / 60_000) : "";
    this.#minutes = this.#line("Time limit, minutes", minutes, { type: "number", min: 0.1, step: "any" });
    this.#tags = this.#line("Tags", agent?.tags.join(", ") ?? "");
    this.#asks = this.#check("May ask a person", agent?.asks_person ?? false);
    this.#hidden = this.#check("Hidden in lists", agent?.hidden ?? false);
    this.#properties = this.#prose("Own properties, as JSON", jsonText(agent?.properties ?? {}), 3, "code");
    this.#guardrails = this.#prose(
      "Guardrails, as JSON",
      agent?.guardrails ? jsonText(agent.guardrails) : "",
      3,
      "code",
    );
    this.#card = this.#prose("Card for other agents, as JSON", agent?.card ? jsonText(agent.card) : "", 3, "code");
  }

  /** What a new agent is made of. Throws `NotJson`. */
  newAgent(): NewAgent {
    const given = Object.entries(this.#fields()).filter(([, value]) => value !== null);
    return { ...Object.fromEntries(given), name: this.#name.value.trim() };
  }

  /** What the person has changed. Throws `NotJson`. */
  changes(): AgentUpdate {
    const before = new AgentForm(this.#agent).#fields();
    const isChanged = ([name, value]: [string, unknown]) =>
      JSON.stringify(value) !== JSON.stringify(Reflect.get(before, name));
    const { properties, ...changed }: AgentUpdate = Object.fromEntries(
      Object.entries(this.#fields()).filter(isChanged),
    );
    if (properties === undefined) return changed;
    const gone = Object.keys(this.#agent?.properties ?? {}).map((name) => [name, null]);
    return { ...changed, properties: { ...Object.fromEntries(gone), ...properties } };
  }

  readOnly(): void {
    for (const field of this.form.querySelectorAll("input, textarea, select")) field.setAttribute("disabled", "");
  }

  #fields() {
    const minutes = Number(this.#minutes.value);
    return {
      name: this.#name.value.trim(),
      display_name: this.#displayName.value.trim() || null,
      description: this.#description.value.trim() || null,
      instructions: this.#instructions.value || null,
      model: this.#model.value.trim() || null,
      // Left empty it stays what it was: none, or all that are built in.
      tools: this.#tools.value.trim() === "" && this.#agent?.tools ? [] : words(this.#tools) || null,
      collaborators: words(this.#collaborators),
      reach: this.#reach.value.trim() === "" && this.#agent?.reach ? [] : words(this.#reach) || null,
      knowledge_bases: words(this.#knowledge),
      mode: MODES.find((mode): mode is Mode => mode === this.#mode.value) ?? null,
      multitask_strategy: STRATEGIES.find((name) => name === this.#strategy.value) ?? null,
      max_turns: Number(this.#maxTurns.value) || null,
      time_limit_ms: minutes > 0 ? Math.round(minutes * 60_000) : null,
      tags: words(this.#tags),
      asks_person: this.#asks.checked,
      hidden: this.#hidden.checked,
      properties: jsonOf(this.#properties, "Own properties") ?? {},
      guardrails: jsonOf(this.#guardrails, "Guardrails"),
      card: jsonOf(this.#card, "Card"),
    };
  }

  #labelled(label: string, field: HTMLElement, look = ""): void {
    this.form.append(
      element("label", { class: look === "" ? null : look }, element("span", { class: "about" }, label), field),
    );
  }

  #line(label: string, value: string, attributes: Readonly<Record<string, string | number | boolean>> = {}, look = "") {
    const field = element("input", { type: "text", autocomplete: "off", ...attributes, value });
    this.#labelled(label, field, look);
    return field;
  }

  #prose(label: string, value: string, rows: number, look = "") {
    const field = element("textarea", { rows, class: look === "" ? null : look, spellcheck: look === "" }, value);
    this.#labelled(label, field, "wide");
    return field;
  }

  #check(label: string, checked: boolean) {
    const field = element("input", { type: "checkbox", checked });
    this.form.append(element("label", { class: "check" }, field, label));
    return field;
  }
}

function words({ value }: HTMLInputElement): string[] | null {
  const named = value
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  return named.length === 0 ? null : named;
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return text === "{}" ? "" : text;
}
