/** The form under a task's question: yes and no where these answer it, words or JSON where not. */
import type { Json, Prompt } from "@waybill/sdk";
import { isYesOrNo } from "@waybill/sdk/display";
import { button, card, element, notice } from "./element.ts";
import { sentenceOf } from "./session.ts";

/** What a question asks for, in a sentence. */
export function wantedBy(asks: Prompt["asks"]): string {
  return asks === "answer" ? "an answer" : asks;
}

/** `answer` sends it and rejects with the server's refusal. */
export function questionCard(question: Prompt, answer: (value: Json) => Promise<void>): HTMLElement {
  const yesOrNo = isYesOrNo(question.asks);
  const words = element("textarea", {
    rows: yesOrNo ? 1 : 3,
    placeholder: yesOrNo ? "A comment, if you like" : question.schema === null ? "Your answer" : "Your answer, as JSON",
    "aria-label": yesOrNo ? "Comment" : "Answer",
  });
  const problem = element("p", { class: "notice", role: "alert", hidden: true });
  const buttons = yesOrNo
    ? [
        button("Approve", "primary", () => send({ approved: true, ...comment() })),
        button("Reject", "danger", () => send({ approved: false, ...comment() })),
      ]
    : [button("Answer", "primary", () => sendWords())];

  function comment(): { comment?: string } {
    const said = words.value.trim();
    return said === "" ? {} : { comment: said };
  }

  function sendWords(): void {
    const said = words.value.trim();
    if (said === "") words.focus();
    else if (question.schema === null) send(said);
    else sendJson(said);
  }

  function sendJson(said: string): void {
    try {
      const value: Json = JSON.parse(said);
      send(value);
    } catch {
      notice(problem, `This is not JSON. The answer has the form ${JSON.stringify(question.schema)}`);
    }
  }

  function send(value: Json): void {
    for (const one of buttons) one.disabled = true;
    notice(problem, "");
    answer(value).catch((error: unknown) => {
      for (const one of buttons) one.disabled = false;
      notice(problem, sentenceOf(error));
    });
  }

  const until = question.until === null ? null : `Until ${new Date(question.until).toLocaleTimeString("sv-SE")}.`;
  const form = element("form", {}, words, problem, element("div", { class: "row" }, ...buttons));
  form.addEventListener("submit", (event) => event.preventDefault());
  return card(
    `It asks for ${wantedBy(question.asks)}`,
    "ask",
    element("p", { class: "text" }, question.text),
    until === null ? null : element("p", { class: "under" }, until),
    form,
  );
}
