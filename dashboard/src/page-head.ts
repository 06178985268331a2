/** What every page begins with: its name, how the server is, where else to go, and the key. */
import { button, byId, element } from "./element.ts";
import { KeyDialog } from "./key-dialog.ts";
import { needsKey, type Session } from "./session.ts";

const PAGES = [
  ["Tasks", "./"],
  ["Inbox", "inbox.html"],
  ["Agents", "agents.html"],
  ["Usage", "usage.html"],
  ["Audit", "audit.html"],
  ["Docs", "/docs"],
  ["OpenAPI", "/openapi.json"],
  ["Metrics", "/metrics"],
] as const;

export class PageHead {
  readonly #connection = element("p", { class: "connection", role: "status" });
  readonly #session: Session;
  readonly #keys: KeyDialog;

  /** `changed` hears that somebody else asks from now on. */
  constructor(page: (typeof PAGES)[number][0], session: Session, changed: () => void) {
    this.#session = session;
    this.#keys = new KeyDialog(session, changed);
    const links = PAGES.map(([label, href]) =>
      element("a", { href, "aria-current": label === page ? "page" : null }, label),
    );
    stayWithinPage();
    byId("head", HTMLElement).replaceChildren(
      element("h1", {}, element("img", { src: "icon.svg", alt: "", width: 22, height: 22 }), "Waybill"),
      this.#connection,
      element(
        "nav",
        { "aria-label": "Pages" },
        ...links,
        button("Key", "quiet", () => this.#keys.open()),
      ),
    );
  }

  /** The server answers, and this is how much there is. */
  live(text: string): void {
    this.#say("live", text);
  }

  /** It does not, or wants a key, which is then asked for. */
  lost(error: unknown): void {
    this.#say("lost", needsKey(error) ? "a key is needed" : "not connected");
    if (needsKey(error) && !this.#session.hasKey) this.#keys.open();
  }

  #say(is: "live" | "lost", text: string): void {
    this.#connection.dataset["is"] = is;
    if (this.#connection.textContent !== text) this.#connection.textContent = text;
  }
}

/** What the address names is a task or an agent: a link to a place of the page leaves it as it is, and the way back alone ends it. */
function stayWithinPage(): void {
  document.querySelector(".back")?.addEventListener("click", (event) => {
    event.preventDefault();
    location.hash = "";
  });
  const skip = document.querySelector<HTMLAnchorElement>(".skip");
  skip?.addEventListener("click", (event) => {
    const place = document.getElementById(skip.hash.slice(1));
    if (place === null) return;
    event.preventDefault();
    if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
    place.focus();
  });
}
