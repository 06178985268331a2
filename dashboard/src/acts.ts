/** What else may be done with an item than to decide it: a button each, and behind some a line that says to whom. */
import type { Act, AllowedAct } from "@waybill/sdk";
import { button, element, notice } from "./element.ts";
import { identitiesIn } from "./identities.ts";
import { sentenceOf } from "./session.ts";

type Name = AllowedAct["act"];

/** Acts that want to know to whom, by the words of their field. */
const TO: Readonly<Partial<Record<Name, string>>> = {
  delegate: "To whom",
  reassign: "To whom, with commas",
  escalate: "To whom; empty: whom it is escalated to",
  request_information: "From whom",
  route: "Whom to ask first, with commas",
};
/** These are done by the button alone. */
const AT_ONCE: ReadonlySet<Name> = new Set(["claim", "release", "resume"]);
const HARSH: ReadonlySet<Name> = new Set(["withdraw", "error", "delete", "purge"]);
/** Done elsewhere: by the form, and its buttons. */
const ELSEWHERE: ReadonlySet<Name> = new Set(["decide", "save"]);
const ROUTINGS = ["simple", "sequential", "parallel"] as const;

/** `list` is the id of what fields suggest; `act` does it and rejects with the server's refusal. */
export function actsRow(allowed: readonly AllowedAct[], list: string, act: (act: Act) => Promise<void>): HTMLElement {
  const problem = element("p", { class: "notice", role: "alert", hidden: true });
  const line = element("div");
  const row = element("div", { class: "row" });

  const send = (chosen: Act, from: HTMLButtonElement): void => {
    from.disabled = true;
    notice(problem, "");
    act(chosen)
      .then(
        () => line.replaceChildren(),
        (error: unknown) => notice(problem, sentenceOf(error)),
      )
      .finally(() => {
        from.disabled = false;
      });
  };

  for (const { act: name, title } of allowed) {
    if (ELSEWHERE.has(name)) continue;
    const made = button(title, HARSH.has(name) ? "danger" : "", () => {
      if (AT_ONCE.has(name)) return send({ act: name }, made);
      line.replaceChildren(lineOf(name, title, { list, send, close: () => close(made) }));
      line.querySelector("input")?.focus();
    });
    made.setAttribute("data-act", name);
    row.append(made);
  }

  function close(back: HTMLButtonElement): void {
    line.replaceChildren();
    notice(problem, "");
    back.focus();
  }
  return element("div", { class: "acts", hidden: row.childElementCount === 0 }, row, line, problem);
}

type Line = { list: string; send: (act: Act, from: HTMLButtonElement) => void; close: () => void };

/** A line under the buttons: to whom, why, and that it is meant. */
function lineOf(name: Name, title: string, { list, send, close }: Line): HTMLFormElement {
  const asked = TO[name];
  const to = element("input", {
    type: "text",
    list,
    autocomplete: "off",
    placeholder: asked ?? "",
    "aria-label": asked ?? "",
  });
  const comment = element("input", {
    type: "text",
    autocomplete: "off",
    placeholder: "Why, if you like",
    "aria-label": "Why",
  });
  const routing = element("select", { "aria-label": "How" }, ...ROUTINGS.map((each) => element("option", {}, each)));
  const confirm = element("button", { type: "submit", class: HARSH.has(name) ? "danger" : "primary" }, title);
  const form = element(
    "form",
    { class: "act-line" },
    asked === undefined ? null : to,
    name === "route" ? routing : null,
    comment,
    confirm,
    button("Never mind", "quiet", close),
  );
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const whom = identitiesIn(to.value);
    if (asked !== undefined && whom.length === 0 && name !== "escalate") return to.focus();
    const why = comment.value.trim();
    send(
      {
        act: name,
        ...(asked !== undefined && (name === "request_information" ? { from: whom } : { to: whom })),
        ...(name === "route" && { routing: ROUTINGS.find((each) => each === routing.value) ?? "simple" }),
        ...(why !== "" && { comment: why }),
      },
      confirm,
    );
  });
  return form;
}
