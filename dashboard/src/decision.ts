/** The card in which a person decides: what is asked, the form, a comment, and a button for each outcome. */
import type { Act, AllowedAct, JsonObject, Task } from "@waybill/sdk";
import { WaybillError } from "@waybill/sdk";
import { button, card, element, notice } from "./element.ts";
import { isObject } from "./schema.ts";
import { SchemaForm } from "./schema-form.ts";
import { sentenceOf } from "./session.ts";

/** The form that a task of people was submitted with. */
export function formIn({ kind, input }: Task): JsonObject | null {
  if (kind !== "human" || !isObject(input)) return null;
  const form = input["form"];
  return isObject(form) && Object.keys(form).length > 0 ? form : null;
}

/** `act` does it and rejects with the server's refusal. */
export function decisionCard(
  { assignment, ...task }: Task,
  allowed: readonly AllowedAct[],
  act: (act: Act) => Promise<void>,
): HTMLElement {
  const schema = formIn({ assignment, ...task });
  const fields = schema === null ? null : new SchemaForm(schema, assignment?.payload ?? {});
  const comment = element("textarea", { rows: 1, placeholder: "A comment, if you like", "aria-label": "Comment" });
  const problem = element("p", { class: "notice", role: "alert", hidden: true });
  const first = allowed.find(({ act }) => act === "decide")?.outcome;
  const buttons = allowed.flatMap(({ act, outcome, title }) => {
    if (act !== "decide" && !(act === "save" && fields !== null)) return [];
    const look =
      act === "decide" && outcome === first ? "primary" : outcome?.toLowerCase() === "reject" ? "danger" : "";
    return [button(act === "save" ? "Save" : title, look, () => send(outcome === null ? { act } : { act, outcome }))];
  });

  function send(chosen: Act): void {
    notice(problem, "");
    fields?.clear();
    const said = comment.value.trim();
    const disable = (disabled: boolean): void => {
      for (const one of buttons) one.disabled = disabled;
    };
    const done = async (): Promise<void> => {
      const payload = fields && (fields.value() ?? {});
      await act({ ...chosen, ...(isObject(payload) && { payload }), ...(said !== "" && { comment: said }) });
      comment.value = "";
    };
    disable(true);
    done()
      .catch((error: unknown) => {
        const field = error instanceof WaybillError ? error.field : null;
        const path = field?.startsWith("payload.") ? field.split(".").slice(1) : null;
        if (path === null || fields === null) {
          notice(problem, sentenceOf(error));
          comment.focus();
        } else fields.fault(path, sentenceOf(error).replace(`${field}: `, ""));
      })
      .finally(() => disable(false));
  }

  const form = element(
    "form",
    {},
    fields?.view ?? null,
    buttons.length === 0 ? null : comment,
    problem,
    element("div", { class: "row" }, ...buttons),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  if (buttons.length === 0)
    for (const input of form.querySelectorAll("input, textarea, select, button")) input.setAttribute("disabled", "");
  return card(buttons.length === 0 ? "What is decided on" : "Decide", buttons.length === 0 ? "" : "ask", form);
}
