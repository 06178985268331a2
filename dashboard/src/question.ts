/** The form under a task's question: yes and no where these answer it, with the fields that it wants beside; words where not. */
import type { Json, JsonObject, Prompt } from "@waybill/sdk";
import { WaybillError } from "@waybill/sdk";
import { isYesOrNo } from "@waybill/sdk/display";
import { button, card, element, notice } from "./element.ts";
import { isObject, RULES, resolved, shapeOf } from "./schema.ts";
import { SchemaForm } from "./schema-form.ts";
import { sentenceOf } from "./session.ts";

/** JSON, or words that are read as the question wants them. */
export type Told = { value: Json } | { text: string };

/** What a question asks for, in a sentence. */
export function wantedBy(asks: Prompt["asks"]): string {
  return asks === "answer" ? "an answer" : asks;
}

/** `answer` sends it and rejects with the server's refusal. */
export function questionCard(question: Prompt, answer: (told: Told) => Promise<void>): HTMLElement {
  const yesOrNo = isYesOrNo(question.asks);
  const wanted = yesOrNo ? fieldsBeside(question) : fieldsOf(question);
  const fields = wanted && new SchemaForm(wanted, yesOrNo ? {} : undefined);
  const words = element("textarea", {
    rows: yesOrNo ? 1 : 3,
    placeholder: yesOrNo ? "A comment, if you like" : "Your answer",
    "aria-label": yesOrNo ? "Comment" : "Answer",
  });
  const problem = element("p", { class: "notice", role: "alert", hidden: true });
  const buttons = yesOrNo
    ? [button("Approve", "primary", () => decide(true)), button("Reject", "danger", () => decide(false))]
    : [button("Answer", "primary", () => (fields ? sendFields(fields) : sendWords()))];

  function comment(): { comment?: string } {
    const said = words.value.trim();
    return said === "" ? {} : { comment: said };
  }

  function sendWords(): void {
    const said = words.value.trim();
    if (said === "") words.focus();
    else send(() => ({ text: said }));
  }

  function sendFields(form: SchemaForm): void {
    send(() => {
      const value = form.value();
      if (value === undefined) throw new Error("Nothing is filled in.");
      return { value };
    });
  }

  function decide(approved: boolean): void {
    send(() => {
      const filled = fields?.value();
      return { value: { ...(isObject(filled) && filled), approved, ...comment() } };
    });
  }

  /** `told` throws what is no JSON. */
  function send(told: () => Told): void {
    for (const one of buttons) one.disabled = true;
    notice(problem, "");
    fields?.clear();
    const done = async (): Promise<void> => answer(told());
    done().catch((error: unknown) => {
      for (const one of buttons) one.disabled = false;
      const field = error instanceof WaybillError ? error.field : null;
      const path = field === "value" || field?.startsWith("value.") ? field.split(".").slice(1) : null;
      if (path === null || fields === null) {
        notice(problem, sentenceOf(error));
        // A button that was disabled has lost the keyboard.
        if (fields) fields.focus();
        else words.focus();
      } else fields.fault(path, sentenceOf(error).replace(`${field}: `, ""));
    });
  }

  const until = question.until === null ? null : `Until ${new Date(question.until).toLocaleTimeString("sv-SE")}.`;
  const isOfFields = fields !== null && !yesOrNo;
  const form = element(
    "form",
    {},
    fields?.view ?? null,
    isOfFields ? null : words,
    problem,
    element("div", { class: "row" }, ...buttons),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  return card(
    `It asks for ${wantedBy(question.asks)}`,
    "ask",
    element("p", { class: "text" }, question.text),
    until === null ? null : element("p", { class: "under" }, until),
    form,
  );
}

/** What is more than words: a form, a list, a choice, a yes or no, a date. Numbers and texts are said. */
function fieldsOf({ schema }: Prompt): JsonObject | null {
  if (!isObject(schema)) return null;
  const shape = shapeOf(resolved(schema, schema));
  if (shape.is === "json" || shape.is === "number") return null;
  // A box that nobody has touched is no answer.
  if (shape.is === "flag") return YES_OR_NO;
  return shape.is === "text" && (shape.input === "text" || shape.input === "prose") ? null : schema;
}

const YES_OR_NO: JsonObject = {
  oneOf: [
    { const: true, title: "Yes" },
    { const: false, title: "No" },
  ],
};

/** What an approval wants to be filled in beside the yes or no and its comment; null for nothing. */
function fieldsBeside({ schema }: Prompt): JsonObject | null {
  const properties = schema?.["properties"];
  if (!isObject(schema) || !isObject(properties)) return null;
  const others = Object.entries(properties).filter(([name]) => !SAID.has(name));
  if (others.length === 0) return null;
  const { required } = schema;
  const still = Array.isArray(required) ? required.filter((name) => typeof name !== "string" || !SAID.has(name)) : [];
  // Rules may be about the yes or no, which is no field.
  const facts = Object.entries(schema).filter(([keyword]) => !RULES.includes(keyword));
  return { ...Object.fromEntries(facts), properties: Object.fromEntries(others), required: still };
}

const SAID: ReadonlySet<string> = new Set(["approved", "decision", "outcome", "comment"]);
