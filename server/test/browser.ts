/**
 * A browser without a screen: the pages of the dashboard run in happy-dom against a server, as the server serves them; their
 * modules are those of the sources, without their types, so that no build is needed.
 */
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { Browser, type BrowserPage } from "happy-dom";
import { z } from "zod";

const WAIT_MS_MAX = 30_000;
const LOOK_AGAIN_MS = 10;
const ROOT = new URL("../../", import.meta.url);
/** Below these the server has what was built of those. */
const SOURCES = [
  { below: "/dashboard/dist/", from: new URL("dashboard/src/", ROOT) },
  { below: "/dashboard/sdk/", from: new URL("sdk/src/", ROOT) },
];

export class TestBrowser {
  readonly #browser: Browser;
  readonly #page: BrowserPage;
  #slow = new SlowAnswers("", 0);

  constructor() {
    this.#browser = new Browser({
      settings: {
        enableJavaScriptEvaluation: true,
        suppressInsecureJavaScriptEnvironmentWarning: true,
        disableCSSFileLoading: true,
        handleDisabledFileLoadingAsSuccess: true,
        // It reads import maps otherwise than browsers do.
        module: { urlResolver: ({ url, window }) => mapped(url, window.document) },
        fetch: {
          interceptor: {
            beforeAsyncRequest: async ({ request, window }) => {
              const { pathname } = new URL(request.url);
              if (pathname === this.#slow.path) this.#slow.begins();
              const source = await sourceAt(pathname);
              if (source === null) return;
              return new window.Response(source, { headers: { "content-type": "text/javascript" } });
            },
            afterAsyncResponse: async ({ request }) => {
              if (new URL(request.url).pathname === this.#slow.path) await this.#slow.ends();
              return undefined;
            },
          },
        },
      },
    });
    this.#page = this.#browser.newPage();
  }

  /** Begins to load a page: what is on it then is to be waited for. */
  open(url: string): void {
    void this.#page.goto(url);
  }

  /** From here on answers of this path take so much longer. */
  slow(path: string, ms: number): SlowAnswers {
    this.#slow = new SlowAnswers(path, ms);
    return this.#slow;
  }

  /** What a person reads. */
  get text(): string {
    return this.#page.mainFrame.document.body?.textContent ?? "";
  }

  /** What the address names. */
  get hash(): string {
    return this.#page.mainFrame.window.location.hash;
  }

  /** The first element that fits, and that has these words where they are given; once it is there. */
  async find(selector: string, words = "") {
    const look = () =>
      [...this.#page.mainFrame.document.querySelectorAll(selector)].find(({ textContent }) =>
        textContent.includes(words),
      );
    const until = performance.now() + WAIT_MS_MAX;
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found;
      if (performance.now() > until) throw new Error(`There is no ${selector} ${words} in: ${this.text}`);
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    }
  }

  /** What may be clicked, once it may. */
  async click(selector: string, words = ""): Promise<void> {
    (await this.find(`${selector}:not([disabled])`, words)).dispatchEvent(
      new this.#page.mainFrame.window.MouseEvent("click", { bubbles: true, cancelable: true }),
    );
  }

  async type(selector: string, text: string): Promise<void> {
    const { HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement } = this.#page.mainFrame.window;
    const field = await this.find(selector);
    if (field instanceof HTMLSelectElement) {
      const chosen = [...field.querySelectorAll("option")].find(({ textContent }) => textContent === text);
      if (chosen === undefined) throw new Error(`${selector} offers no ${text}.`);
      field.value = chosen.value;
      return;
    }
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement))
      throw new Error(`${selector} is nothing to write in.`);
    field.value = text;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

class SlowAnswers {
  readonly path: string;
  readonly #ms: number;
  #under = 0;
  mostAtOnce = 0;

  constructor(path: string, ms: number) {
    this.path = path;
    this.#ms = ms;
  }

  begins(): void {
    this.#under += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#under);
  }

  async ends(): Promise<void> {
    await new Promise((done) => setTimeout(done, this.#ms));
    this.#under -= 1;
  }
}

const importMap = z.object({ imports: z.record(z.string(), z.string()) });

function mapped(url: string, document: BrowserPage["mainFrame"]["document"]): string {
  const text = document.querySelector("script[type=importmap]")?.textContent ?? '{"imports":{}}';
  const to = importMap.parse(JSON.parse(text)).imports[url];
  return to === undefined ? url : new URL(to, document.baseURI).href;
}

/** JavaScript of a module of the sources; null for anything else. */
async function sourceAt(path: string): Promise<string | null> {
  const place = SOURCES.find(({ below }) => path.startsWith(below));
  if (place === undefined) return null;
  const file = new URL(path.slice(place.below.length).replace(/\.js$/, ".ts"), place.from);
  return stripTypeScriptTypes(await readFile(file, "utf8"));
}
