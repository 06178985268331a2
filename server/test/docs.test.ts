/** What the documentation lists is what the code has. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { environmentName, FLAGS } from "../src/flags.ts";
import { LENSES } from "../src/lenses/index.ts";
import { newTask } from "../src/store/suite/new-task.suite.ts";
import { type Command, decide } from "../src/task/decide.ts";
import { ERROR_CODES, Refusal } from "../src/task/errors.ts";
import { EVENTS } from "../src/task/events/event.ts";
import { INPUT_ASKS, OPEN_STATES, STATES, type State, TERMINAL_STATES, WAIT_REASONS } from "../src/task/states.ts";
import type { Task, Wait } from "../src/task/task.ts";
import { callsIn, idleProgram, refusalOf } from "./command-line.ts";

const ZOD = import.meta.resolve("zod");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The rows of the first table below a heading, cells without their backticks. */
function table(page: string, heading: string): string[][] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const lines = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
  );
}

describe("docs/states.md", () => {
  const page = read("docs/states.md");
  const names = (heading: string) => table(page, heading).map(([name]) => name);

  test("lists the states, with what each other lens calls them", () => {
    const [, ...others] = LENSES;
    expect(table(page, "States").map(([state, , ...names]) => [state, ...names])).toEqual(
      STATES.map((state) => [state, ...others.map(({ states }) => states[state])]),
    );
  });

  test("lists what a task waits for and asks for", () => {
    expect(names("What a task waits for")).toEqual([...WAIT_REASONS]);
    expect(names("What a task asks a person")).toEqual([...INPUT_ASKS]);
  });

  test("lists every event", () => {
    expect(names("Events")).toEqual(Object.keys(EVENTS));
  });

  test("lists every error code with its status in each lens", () => {
    expect(table(page, "Error codes").map((cells) => cells.slice(0, -1))).toEqual(
      ERROR_CODES.map((code) => [code, ...LENSES.map(({ errors }) => String(errors[code]))]),
    );
  });

  test("says what every command makes of every open state, and that ends are ends", () => {
    const rows = table(page, "Commands");
    expect(rows.map(([command]) => command)).toEqual(Object.keys(COMMANDS));
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      Object.values(COMMANDS).map((command) => OPEN_STATES.map((state) => outcome(sample(state), command))),
    );
    for (const state of TERMINAL_STATES) {
      for (const [name, command] of Object.entries(COMMANDS)) {
        expect(outcome(sample(state), command), `${name} of ${state}`).toBe(name === "delete" ? state : "");
      }
    }
  });
});

describe("docs/operations.md", () => {
  const page = read("docs/operations.md");

  test("lists every flag with its environment variable", () => {
    expect(table(page, "Flags").map(([flag, variable]) => [flag, variable])).toEqual(
      FLAGS.map(({ flag, value, name }) => [`${flag} ${value.replaceAll("|", "\\|")}`, environmentName(name)]),
    );
  });

  test("lists every metric", () => {
    const sources = readdirSync(join(ROOT, "server/src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !/\.(test|suite)\.ts$/.test(file))
      .map((file) => read(`server/src/${file}`))
      .join("\n");
    const known = new Set([...sources.matchAll(/"(waybill_\w+)"/g)].map(([, name]) => name));
    expect(new Set(table(page, "Metrics").map(([name]) => name))).toEqual(known);
  });
});

test("every relative link of the documentation leads somewhere", () => {
  const pages = [
    ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
    ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
  ];
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !existsSync(join(ROOT, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("every file that the pages for developers name is there", () => {
  const paths = ["server", "sdk", "dashboard", "bench", "scripts", "docs", "examples"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => !/(?:^|\/)(?:node_modules|dist)\//.test(path))
      .map((path) => `/${folder}/${path}`),
  );
  const named = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/internals.md", "docs/decisions.md"].flatMap((page) =>
    [...read(page).matchAll(/`(\w[\w./-]*\.(?:ts|mjs|json|sh))`/g)].map(([, file = ""]) => file),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(
    named.filter((file) => !existsSync(join(ROOT, file)) && !paths.some((path) => path.endsWith(`/${file}`))),
  ).toEqual([]);
});

const AT = 2_000_000_000_000;
const COMMANDS = {
  cancel: { do: "cancel", by: "ada", reason: "" },
  pause: { do: "pause", by: "ada", reason: "" },
  resume: { do: "resume", by: "ada" },
  input: { do: "input", by: "ada", messageId: "m", prompt: null },
  expire: { do: "expire" },
  delete: { do: "delete" },
} satisfies Record<string, Command>;

function outcome(task: Task, command: Command): string {
  const decided = decide(task, command, AT + 1);
  return decided instanceof Refusal ? "" : decided.task.state;
}

/** A task in each state, brought there by commands. */
const TIMER: Wait = { on: "timer", key: "nap", since: AT, until: AT + 1_000 };
const QUESTION: Wait = {
  on: "input",
  key: "ask",
  since: AT,
  until: null,
  prompt: { name: "ask", asks: "answer", text: "?", schema: null },
};
const error = { code: "x", message: "" };
const ROADS: Readonly<Record<State, Command[]>> = {
  queued: [],
  running: [{ do: "start" }],
  paused: [
    { do: "start" },
    { do: "pause", by: "ada", reason: "" },
    { do: "suspend", attempt: 1, waits: [], checkpoint: "" },
  ],
  waiting: [{ do: "start" }, { do: "suspend", attempt: 1, waits: [TIMER], checkpoint: "" }],
  input_required: [{ do: "start" }, { do: "suspend", attempt: 1, waits: [QUESTION], checkpoint: "" }],
  completed: [{ do: "start" }, { do: "complete", attempt: 1, output: null }],
  failed: [{ do: "start" }, { do: "fail", attempt: 1, error, retryAt: null }],
  cancelled: [{ do: "cancel", by: "ada", reason: "" }],
  timed_out: [{ do: "expire" }],
  rejected: [{ do: "start" }, { do: "reject", attempt: 1, error }],
};

function sample(state: State): Task {
  const task = ROADS[state].reduce((task, command) => {
    const decided = decide(task, command, AT);
    if (decided instanceof Refusal) throw decided;
    return decided.task;
  }, newTask());
  expect(task.state).toBe(state);
  return task;
}

test("the Dockerfile copies only what its context lets in", () => {
  const letIn = read(".dockerignore")
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
  const isThere = (path: string) => letIn.some((name) => path === name || path.startsWith(`${name}/`));
  const made = /^(?:node_modules|.*\/dist)$/;
  const copied = [...read("Dockerfile").matchAll(/^COPY --from=build \/waybill\/(\S+)/gm)].map(([, path = ""]) => path);
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !made.test(path) && !isThere(path))).toEqual([]);
});

test("every command line that the documentation shows is one that the command takes", async () => {
  const program = await idleProgram();
  const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"].concat(
    readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
  );
  const refused: unknown[] = [];
  let calls = 0;
  for (const page of pages) {
    for (const [, block = ""] of read(page).matchAll(/^```(?:sh|bash|console)?\n(.*?)^```/gms)) {
      for (const words of callsIn(block)) {
        calls += 1;
        const refusal = await refusalOf(program, words);
        if (refusal !== null) refused.push([page, words.join(" "), refusal]);
      }
    }
    // In a sentence what stands for a value may be left out, and several may share a beginning.
    for (const [, code = ""] of read(page).matchAll(/(?<!`)`(waybill [^`]+)`/g)) {
      for (const words of callsIn(code)) {
        calls += 1;
        const refusal = await refusalOf(program, words);
        if (/unknown|no command/.test(refusal ?? "")) refused.push([page, words.join(" "), refusal]);
      }
    }
  }
  expect(calls).toBeGreaterThan(50);
  expect(refused).toEqual([]);
});

test("every whole configuration that the documentation shows can be pasted into an empty file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "waybill-docs-"));
  const index = new URL("../src/index.ts", import.meta.url).href;
  const refused: unknown[] = [];
  let blocks = 0;
  for (const page of ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)]) {
    for (const [, block = ""] of read(page).matchAll(/^```[jt]s\n(.*?)^```/gms)) {
      if (!block.includes("export default")) continue;
      blocks += 1;
      const config = join(folder, `${blocks}.config.ts`);
      // What is to be installed beside it is here, and not there.
      writeFileSync(config, block.replace('from "waybill"', `from "${index}"`).replace('from "zod"', `from "${ZOD}"`));
      await loadConfig({ mode: "dev", flags: { config }, env: {}, folder }).catch((error: unknown) => {
        refused.push([page, block, error instanceof Error ? error.message : error]);
      });
    }
  }
  rmSync(folder, { recursive: true });
  expect(blocks).toBeGreaterThan(5);
  expect(refused).toEqual([]);
});
