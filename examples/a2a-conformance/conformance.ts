/**
 * An agent whose run is code: what it does follows from how the id of the message begins. The conformance kits of A2A (TCK)
 * send such messages and look at what comes of them.
 */
import {
  type AgentMessage,
  type Context,
  defineAgent,
  type Json,
  messageAsked,
  messageTold,
  TaskFailure,
} from "waybill";

type Scenario = (ctx: Context) => Promise<Json>;
type Artifact = Parameters<Context["artifact"]>[0];
type Parts = Artifact["parts"];

/** As the kits read it: they wait for so long for an event of a stream. */
const STREAMING_TIMEOUT_MS = Number(process.env["TCK_STREAMING_TIMEOUT"] ?? 2) * 1_000;

const outputFile = { name: "output.txt", mediaType: "text/plain" };
const text: Parts = [{ text: "Generated text content" }];
const file: Parts = [{ file: { bytes: Buffer.from("tck").toString("base64") }, ...outputFile }];
const link: Parts = [{ file: { url: "https://example.com/output.txt" }, ...outputFile }];
const data: Parts = [{ data: { key: "value", count: 42 } }];

/** By the beginning of the message's id. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "tck-complete-task": ends("Hello from TCK"),
  "tck-artifact-text": makes(text),
  "tck-artifact-file": makes(file),
  "tck-artifact-file-url": makes(link),
  "tck-artifact-data": makes(data),
  "tck-message-response": async () => ({ message: { parts: [{ text: "Direct message response" }] }, alone: true }),
  "tck-input-required": asks("answer", "What else is needed?"),
  "tck-auth-required": asks("authorization", "Allow this with your account, then say so."),
  "tck-reject-task": async () => {
    throw new TaskFailure("rejected", "This agent does not do that.", { rejected: true });
  },
  "tck-delayed-complete": sleeps(STREAMING_TIMEOUT_MS, "Done after delay"),
  "tck-stream-001": makes([{ text: "Stream hello from TCK" }]),
  "tck-stream-002": ends("Hello from TCK"),
  "tck-stream-003": makes([{ text: "Stream task lifecycle" }]),
  "tck-stream-ordering-001": makes([{ text: "Ordered output" }]),
  "tck-stream-artifact-text": makes([{ text: "Streamed text content" }]),
  "tck-stream-artifact-file": makes(file),
  "tck-stream-artifact-chunked": async (ctx) => {
    ctx.artifact({ id: "output", parts: [{ text: "chunk-1 " }], last: false });
    ctx.artifact({ id: "output", parts: [{ text: "chunk-2" }], append: true });
    return null;
  },
  "test-resubscribe-message-id": sleeps(2 * STREAMING_TIMEOUT_MS, null),
  // The kit for 0.3 goes on with these tasks: it says more to the first two, and cancels the third.
  "test-message-id": asks("answer", "What next?"),
  "test-history": asks("answer", "What next?"),
  "test-cancel": asks("answer", "What next?"),
  "tck-": ends("Hello from TCK"),
  "test-": ends("Hello from TCK"),
  // An ordinary message: its task stays open, so that it can be spoken to again, or cancelled.
  "": asks("answer", "What next?"),
};

/** `tck-artifact-file` begins the id of a message that means `tck-artifact-file-url` too. */
const longestFirst = Object.entries(SCENARIOS).sort(([one], [other]) => other.length - one.length);

function play(ctx: Context, { id }: AgentMessage): Promise<Json> {
  const [, scenario] = longestFirst.find(([prefix]) => id.startsWith(prefix)) ?? ["", ends("Hello from TCK")];
  return scenario(ctx);
}

/** The task ends with these words. */
function ends(words: string): Scenario {
  return async () => ({ message: { parts: [{ text: words }] } });
}

function makes(parts: Parts): Scenario {
  return async (ctx) => {
    ctx.artifact({ id: "output", name: "output", parts });
    return null;
  };
}

/** The message that answers says what becomes of the task. */
function asks(what: "answer" | "authorization", prompt: string): Scenario {
  return async (ctx) => {
    const answer = await ctx.waitForInput("next", { asks: what, prompt });
    return answer === null ? null : play(ctx, answer.message ?? messageTold(answer.value));
  };
}

function sleeps(ms: number, words: string | null): Scenario {
  return async (ctx) => {
    await ctx.sleep("delay", ms);
    return words === null ? null : { message: { parts: [{ text: words }] } };
  };
}

export const conformance = defineAgent({
  slug: "conformance",
  name: "Conformance",
  description: "Does what the conformance kits of A2A ask for by the ids of their messages.",
  tags: ["tck"],
  answersAlone: true,
  // The kit for 0.3 wants that card to be refused to whoever has no key, and comes to a server of development, which asks for none.
  card: { extended: false },
  run: (ctx, input) => play(ctx, messageAsked(input)),
});
