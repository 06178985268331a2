/** Where a person gives this tab a key, or takes it away. */
import { button, element, notice } from "./element.ts";
import { type Session, sentenceOf } from "./session.ts";

export class KeyDialog {
  readonly #dialog = element("dialog", { "aria-labelledby": "key-title" });
  readonly #field = element("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "sk_…",
  });
  readonly #problem = element("p", { class: "notice", role: "alert", hidden: true });

  constructor(session: Session, changed: () => void) {
    const forget = (): void => {
      session.leave();
      this.#dialog.close();
      changed();
    };
    const form = element(
      "form",
      { class: "dialog-form", method: "dialog" },
      element("h2", { id: "key-title" }, "API key"),
      element("p", {}, "It stays in this tab and is forgotten when the tab is closed."),
      element("label", { for: "key" }, "Key"),
      this.#field,
      this.#problem,
      element(
        "div",
        { class: "row" },
        element("button", { type: "submit", class: "primary" }, "Use this key"),
        button("Forget it", "", forget),
        button("Close", "", () => this.#dialog.close()),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const key = this.#field.value.trim();
      if (key === "") return;
      session.enter(key).then(
        () => {
          this.#dialog.close();
          changed();
        },
        (error: unknown) => notice(this.#problem, sentenceOf(error)),
      );
    });
    this.#dialog.append(form);
    document.body.append(this.#dialog);
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#field.value = "";
    notice(this.#problem, "");
    this.#dialog.showModal();
  }
}
