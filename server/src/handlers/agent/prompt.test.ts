import { describe, expect, it } from "vitest";
import type { PromptTurn } from "../../models/model.ts";
import type { HeardMessage } from "../../task/conversation.ts";
import { Refusal } from "../../task/errors.ts";
import { withBytes } from "./attachment.ts";
import { buildPrompt, type PromptSource } from "./prompt.ts";

const source: PromptSource = { instructions: [], query: "What now?", attachments: [], history: [], transcript: [] };

function message(n: number, role: HeardMessage["role"], text: string): HeardMessage {
  return { n, role, parts: [{ text }], task: null, at: n };
}

function exchange(id: string, output: string): PromptTurn[] {
  return [
    { role: "assistant", text: "", toolCalls: [{ id, name: "look", input: {} }] },
    { role: "tool", results: [{ id, name: "look", output, isError: false }] },
  ];
}

describe("the prompt", () => {
  it("puts the caller's instructions before the agent's and leaves empty ones out", () => {
    const [system] = buildPrompt({ ...source, instructions: ["Be brief.", "", "You are a cook."] });
    expect(system).toEqual({ role: "system", text: "Be brief.\n\nYou are a cook." });
    expect(buildPrompt(source)).toEqual([{ role: "user", text: "What now?" }]);
  });

  it("shows the history oldest first, before the question", () => {
    const history = [message(1, "user", "My name is Ada"), message(2, "agent", "Hello Ada")];
    expect(buildPrompt({ ...source, history })).toEqual([
      { role: "user", text: "My name is Ada" },
      { role: "assistant", text: "Hello Ada" },
      { role: "user", text: "What now?" },
    ]);
  });

  it("drops the oldest history first when there is too much", () => {
    const history = [message(1, "user", "a".repeat(60)), message(2, "agent", "b".repeat(60)), message(3, "user", "c")];
    const shown = buildPrompt({ ...source, history }, 80);
    expect(shown.map((turn) => (turn.role === "tool" ? "" : turn.text.slice(0, 1)))).toEqual(["b", "c", "W"]);
  });

  it("never cuts the question, however long", () => {
    const query = "q".repeat(5_000);
    expect(buildPrompt({ ...source, query, history: [message(1, "user", "before")] }, 100)).toEqual([
      { role: "user", text: query },
    ]);
  });

  it("shortens old tool results before it drops turns, and keeps the latest exchange whole", () => {
    const transcript = [...exchange("1", "x".repeat(2_000)), ...exchange("2", "y".repeat(2_000))];
    const shown = buildPrompt({ ...source, transcript }, 3_000);
    const outputs = shown.flatMap((turn) => (turn.role === "tool" ? turn.results.map(({ output }) => output) : []));
    expect(outputs[0]).toMatch(/^x{300}\n\[Cut: 300 of 2000/);
    expect(outputs[1]).toBe("y".repeat(2_000));
  });

  it("drops a call together with its result, so that no result stands without its call", () => {
    const transcript = ["1", "2", "3"].flatMap((id) => exchange(id, "z".repeat(300)));
    const shown = buildPrompt({ ...source, transcript }, 500);
    expect(shown.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(shown.at(-1)).toMatchObject({ results: [{ id: "3" }] });
  });

  it("reads text attachments into the question and hands pictures over as files", () => {
    const attachments = [
      { text: "First line", name: "notes.txt", mediaType: "text/plain" },
      { file: { bytes: Buffer.from("a,b\n1,2").toString("base64") }, name: "t.csv", mediaType: "text/csv" },
      { file: { bytes: "iVBORw0KGgo=" }, name: "p.png", mediaType: "image/png" },
      { data: { total: 3 } },
    ];
    const [question] = buildPrompt({ ...source, attachments });
    expect(question).toEqual({
      role: "user",
      text: [
        "What now?",
        "Attachment 1, notes.txt (text/plain):\nFirst line",
        "Attachment 2, t.csv (text/csv):\na,b\n1,2",
        "Attachment 3, p.png (image/png)",
        'Attachment 4:\n{"total":3}',
      ].join("\n\n"),
      files: [{ mediaType: "image/png", name: "p.png", base64: "iVBORw0KGgo=" }],
    });
  });

  it("names what the model is not given", () => {
    const attachments = [
      { file: { url: "https://example.com/x.png" }, mediaType: "image/png" },
      { file: { sha256: "0".repeat(64), size: 70_000 }, name: "big.pdf", mediaType: "application/pdf" },
      { file: { bytes: "AAAA" }, mediaType: "application/zip" },
      { text: "t".repeat(150_000) },
    ];
    const [question] = buildPrompt({ ...source, attachments });
    const text = question?.role === "user" ? question.text : "";
    expect(text).toContain("At https://example.com/x.png; it was not fetched.");
    expect(text).toContain("big.pdf (application/pdf) [70000 bytes that the model was not given.]");
    expect(text).toContain("[Its type cannot be shown to the model.]");
    expect(text).toContain("[Cut: 100000 of 150000 characters are shown.]");
    expect(question).not.toHaveProperty("files");
  });

  it("hands over no attachment of which the disk has less than was given, or nothing, and says that", async () => {
    const file = (kept: string) => ({ name: `${kept}.txt`, mediaType: "text/plain", file: { kept, size: 5 } });
    const onDisk: Readonly<Record<string, string>> = { whole: "12345", cut: "123", empty: "" };
    const read = async (kept: string) => {
      const text = onDisk[kept];
      if (text === undefined) throw new Refusal("not_found", "File not found");
      return Buffer.from(text);
    };
    const attachments = await withBytes(["whole", "cut", "empty", "gone"].map(file), { read });
    const [question] = buildPrompt({ ...source, attachments });
    const text = String(question?.role === "user" && question.text);
    expect(text).toContain("whole.txt (text/plain):\n12345");
    for (const kept of ["cut", "empty", "gone"])
      expect(text).toContain(`${kept}.txt (text/plain) [5 bytes that the model was not given.]`);
  });
});
