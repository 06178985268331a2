/** What guardrails do in a run: nothing that they take out is sent, written into the log or given to the model. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agentLife, calling, saying } from "../../../test/agent-life.ts";
import { INPUT_REJECTED, TEXT_REMOVED } from "../../task/agent/guardrails.ts";
import { assistant } from "./definition.ts";
import { defineTool } from "./tool.ts";

const lives = agentLife();
const on = { enabled: true };
const MASKED = { pii: { output: on, mask: { removeEntityValue: true } } };
const EMAIL = "jane.doe@example.com";

/** Every text in a value, at any depth. */
function textsIn(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? Object.values(value).map(textsIn).join("\n") : "";
}

const lookUp = defineTool({
  name: "look_up",
  description: "Looks somebody up.",
  input: z.strictObject({ who: z.string() }),
  run: () => `She is at ${EMAIL}. Her office is open.`,
});

describe("an input that is blocked", () => {
  it("never reaches the model; the task completes and says what was found", async () => {
    const life = lives.current;
    await life.start();
    const id = await life.submit({ query: `Write to ${EMAIL}`, guardrails: { pii: { input: on } } });
    expect((await life.completed(id)).output).toEqual({
      text: INPUT_REJECTED,
      model: "m1",
      provider: "lab",
      ranAs: "standard",
      turns: 0,
      toolCalls: 0,
      guardrails: {
        findings: [
          {
            kind: "pii",
            detector: "offline",
            entity: "EmailAddress",
            score: 0.98,
            in: "input",
            of: "query",
            start: 9,
            end: 29,
            word: EMAIL,
            action: "blocked",
          },
        ],
        warnings: [],
      },
    });
    expect(life.provider.requests).toEqual([]);
    expect(await life.eventsOf(id, "output.delta")).toMatchObject([{ text: INPUT_REJECTED }]);
    expect(await life.eventsOf(id, "agent.answered")).toMatchObject([{ text: INPUT_REJECTED, final: true }]);
  });

  it("may be the text of an attachment", async () => {
    const life = lives.current;
    await life.start();
    const attachments = [
      { text: "nothing here" },
      { file: { bytes: Buffer.from(`Ask ${EMAIL}.`).toString("base64") }, mediaType: "text/plain" },
    ];
    const id = await life.submit({ query: "Sum up", attachments, guardrails: { pii: { input: on } } });
    expect((await life.completed(id)).output).toMatchObject({
      text: INPUT_REJECTED,
      guardrails: { findings: [{ of: "attachment 2", entity: "EmailAddress" }] },
    });
  });

  it("is what the server, the agent or the caller does not want, whoever of them says so", async () => {
    const life = lives.current;
    const agents = [
      assistant,
      { ...assistant, slug: "careful", guardrails: { pii: { input: { enabled: true, threshold: 0.5 } } } },
    ];
    await life.start({ agents, guardrails: { pii: { output: on } } });
    const off = { pii: { input: { enabled: false } } };
    const id = await life.submit({ query: `Write to ${EMAIL}`, agent: "careful", guardrails: off });
    expect((await life.completed(id)).output).toMatchObject({ text: INPUT_REJECTED });
    const other = await life.submit({ query: `Write to ${EMAIL}`, guardrails: off });
    expect((await life.completed(other)).output).toMatchObject({
      text: "Hello.",
      guardrails: { findings: [], warnings: [] },
    });
  });
});

describe("what else the model would read", () => {
  it("is cleaned: earlier messages and the results of tools", async () => {
    const life = lives.current;
    await life.start({ tools: [lookUp], agents: [{ ...assistant, tools: ["look_up"] }] });
    const conversation = { alias: "thread" };
    await life.completed(await life.submit({ query: `I am ${EMAIL}. Remember the blue door.` }, { conversation }));
    life.provider.script(calling(["look_up", { who: "Jane" }]), saying("Done."));
    const id = await life.submit(
      { query: "Look her up", guardrails: { pii: { input: on, mask: {} } } },
      { conversation },
    );
    const { output } = await life.completed(id);
    const told = JSON.stringify(life.provider.requests.slice(1).map(({ body }) => body));
    expect(told).toContain("I am ********************. Remember the blue door.");
    expect(told).toContain("She is at ********************. Her office is open.");
    expect(told).not.toContain(EMAIL);
    expect(output).toMatchObject({
      text: "Done.",
      guardrails: {
        findings: [
          { of: "message 1", action: "masked" },
          { of: "tool 1.1", action: "masked" },
        ],
      },
    });
  });
});

describe("what the model says", () => {
  it("is masked before it is streamed, written down or answered, with its tool calls and their results", async () => {
    const life = lives.current;
    await life.start({ tools: [lookUp], agents: [{ ...assistant, tools: ["look_up"] }] });
    life.provider.script(
      { ...calling(["look_up", { who: EMAIL }]), text: `I ask ${EMAIL}.` },
      saying(`She is Anna Schmidt, at ${EMAIL}, and her card is 4111 1111 1111 1111. Bye.`),
    );
    const id = await life.submit({ query: "Look her up", guardrails: MASKED });
    const { output } = await life.completed(id);
    expect(output).toMatchObject({
      text: "She is ************, at ********************, and her card is *******************. Bye.",
      guardrails: {
        findings: [
          { of: "turn 1", entity: "EmailAddress" },
          { of: "call 1.1", action: "masked" },
          { of: "tool 1.1" },
          { of: "answer", entity: "Person", start: 7, end: 19 },
          { of: "answer", entity: "EmailAddress" },
          { of: "answer", entity: "CardNumber" },
        ],
      },
    });
    // The tool itself was given what the model wrote.
    expect(life.results(2)).toEqual([`She is at ${EMAIL}. Her office is open.`]);
    const log = JSON.stringify(await life.log(id));
    for (const secret of ["jane.doe", "Schmidt", "4111 1111"]) expect(log).not.toContain(secret);
    expect(await life.eventsOf(id, "tool.invoked")).toMatchObject([{ params: { who: "*".repeat(20) } }]);
  });

  it("leaves nothing of what is masked in the log, wherever its pieces are cut", async () => {
    const life = lives.current;
    await life.start();
    const secrets = [EMAIL, "Anna Schmidt", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "+49 30 12345678"];
    const sentences = fc.array(
      fc.constantFrom("It rained. ", "so it went 😀 ", "and\n", ...secrets.map((each) => `I say ${each} now. `)),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
    const story = fc.asyncProperty(sentences, lengths, async (said, cuts) => {
      const text = said.join("");
      const pieces: string[] = [];
      for (let at = 0, n = 0; at < text.length; n++) {
        const end = at + (cuts[n % cuts.length] ?? 1);
        pieces.push(text.slice(at, end));
        at = end;
      }
      life.provider.script({ kind: "answer", text, pieces });
      const id = await life.submit({ query: "Tell me", mode: "simple", guardrails: MASKED });
      const { output } = await life.completed(id);
      expect(output).toMatchObject({
        text: secrets.reduce((left, each) => left.replaceAll(each, "*".repeat(each.length)), text),
      });
      // Ids and times have digits of their own, by chance these too.
      const told = (await life.log(id))
        .filter(({ type }) => type !== "usage.recorded")
        .map(({ data }) => textsIn(data));
      expect(told.join("\n")).not.toMatch(/jane|doe@|Schmidt|4111|3704|0130|12345678/);
    });
    await fc.assert(story, { numRuns: 200 });
  });

  it("is masked over the limit of the model's output too", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "length", text: "Hello there. Write to jane.doe@exam" }, saying("ple.com soon. Bye."));
    const id = await life.submit({ query: "Tell me", guardrails: MASKED });
    expect((await life.completed(id)).output).toMatchObject({
      text: "Hello there. Write to ******************** soon. Bye.",
      guardrails: { findings: [{ start: 22, end: 42 }] },
    });
    expect(JSON.stringify(await life.log(id))).not.toMatch(/jane|exam|ple\.com/);
  });

  it("is judged sentence by sentence for hate and prejudice", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(saying("Good morning. You are a worthless idiot. All immigrants are lazy. How can I help?"));
    const guardrails = { hap: { output: { enabled: true, threshold: 0.95 } }, socialBias: { output: on, mask: {} } };
    const id = await life.submit({ query: "Insult me", mode: "simple", guardrails });
    const { output } = await life.completed(id);
    expect(output).toMatchObject({
      text: `Good morning. ${TEXT_REMOVED} ${"*".repeat(24)} How can I help?`,
      guardrails: {
        findings: [
          { kind: "hap", entity: "HAP", action: "removed", start: 14, end: 40 },
          { kind: "socialBias", entity: "SocialBias", action: "masked", word: "All immigrants are lazy." },
        ],
      },
    });
    expect(JSON.stringify(await life.eventsOf(id, "output.delta"))).not.toMatch(/idiot|lazy/);
  });

  it("loses the sentence where nothing masks it", async () => {
    const life = lives.current;
    await life.start({ guardrails: { pii: { output: on } } });
    life.provider.script(saying(`It is sunny. Ask ${EMAIL} now! Bye.`));
    const id = await life.submit({ query: "Tell me", mode: "simple" });
    expect((await life.completed(id)).output).toMatchObject({ text: `It is sunny. ${TEXT_REMOVED} Bye.` });
  });

  it("is not asked for again after a crash, and comes out the same", async () => {
    const life = lives.current;
    const parts = { tools: [lookUp], agents: [{ ...assistant, tools: ["look_up"] }] };
    await life.start(parts);
    life.provider.script(
      { ...calling(["look_up", { who: "x" }]), text: `I ask ${EMAIL}.` },
      { kind: "stall", text: `At ${EMAIL}. And` },
    );
    const id = await life.submit({ query: "Look", guardrails: { pii: { input: on, output: on, mask: {} } } });
    await life.provider.received(2);
    await life.crash(parts);
    life.provider.script(saying(`At ${EMAIL}.`));
    const { output } = await life.completed(id);
    expect(output).toMatchObject({ text: "At ********************." });
    expect(life.provider.requests).toHaveLength(3);
    expect(await life.eventsOf(id, "agent.answered")).toMatchObject([
      { text: "I ask ********************." },
      { final: true },
    ]);
  });
});

describe("a detector that is a model", () => {
  const judged = (findings: unknown[]) => saying(JSON.stringify({ findings }));
  const guardrails = { hap: { model: "lab:judge", input: on } };

  it("is asked in place of the offline one, and what it costs is the task's", async () => {
    const life = lives.current;
    await life.start({ guardrails });
    life.provider.script(judged([{ sentence: 2, entity: "HAP", score: 0.9 }]));
    const id = await life.submit({ query: "Fine. Awful words." });
    const { output, usage } = await life.completed(id);
    expect(output).toMatchObject({
      text: INPUT_REJECTED,
      guardrails: { findings: [{ detector: "lab:judge", kind: "hap", start: 6, end: 18, word: "Awful words." }] },
    });
    expect(usage.calls).toBe(1);
    expect(String(life.sent(1).messages[1]?.content)).toBe(
      '[{"sentence":1,"text":"Fine. "},{"sentence":2,"text":"Awful words."}]',
    );
  });

  it("lets nothing through when it cannot be asked, tries again, and then fails with a sentence", async () => {
    const life = lives.current;
    await life.start({ guardrails });
    const broken = { kind: "status" as const, status: 400, message: "no such model" };
    life.provider.script(broken);
    const id = await life.submit({ query: "Hello" });
    expect(await life.failed(id)).toMatch(/lab:judge, which looks for hap, could not be asked: .*no such model/);
    expect(await life.task(id)).toMatchObject({ error: { code: "guardrail_unavailable" } });
    life.provider.script({ kind: "status", status: 503 }, judged([]), saying("Hi."));
    const second = await life.submit({ query: "Hello" });
    await life.until(second, "step.retrying");
    await life.advance(5_000);
    expect((await life.completed(second)).output).toMatchObject({ text: "Hi." });
  });

  it("is a warning in the answer where its absence is open", async () => {
    const life = lives.current;
    await life.start({ guardrails: { hap: { ...guardrails.hap, whenDown: "open" } } });
    life.provider.script(saying("I will not."), saying("Hi."));
    const id = await life.submit({ query: "Hello" });
    expect((await life.completed(id)).output).toMatchObject({
      text: "Hi.",
      guardrails: { warnings: [{ id: "DETECTOR_UNAVAILABLE", message: expect.stringContaining("lab:judge") }] },
    });
  });
});

it("a kind without a detector is a warning in the answer", async () => {
  const life = lives.current;
  await life.start({ guardrails: { socialBias: { detector: "none" } } });
  const id = await life.submit({ query: "Hello", guardrails: { socialBias: { output: on } } });
  expect((await life.completed(id)).output).toMatchObject({
    text: "Hello.",
    guardrails: { findings: [], warnings: [{ id: "DETECTOR_UNAVAILABLE" }] },
  });
});
