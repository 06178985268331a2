/** Where a person gives this tab a key, or takes it away. */
import { byId, notice } from "./element.ts";
import { type Session, sentenceOf } from "./session.ts";

export class KeyDialog {
  readonly #dialog = byId("key-dialog", HTMLDialogElement);
  readonly #field = byId("key", HTMLInputElement);
  readonly #problem = byId("key-problem", HTMLParagraphElement);

  constructor(session: Session, changed: () => void) {
    byId("key-open", HTMLButtonElement).addEventListener("click", () => this.open());
    byId("key-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    byId("key-forget", HTMLButtonElement).addEventListener("click", () => {
      session.leave();
      this.#dialog.close();
      changed();
    });
    byId("key-form", HTMLFormElement).addEventListener("submit", (event) => {
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
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#field.value = "";
    notice(this.#problem, "");
    this.#dialog.showModal();
  }
}
