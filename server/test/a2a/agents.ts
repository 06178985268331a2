/** Agents whose runs are code, for tests: each does one thing. */
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { messageAsked, messageTold } from "../../src/task/agent/agent-message.ts";
import { TaskFailure } from "../../src/task/handler.ts";
import { textOf } from "../../src/task/part.ts";

/** Does what the first word of its message says. */
export const scripted = defineAgent({
  slug: "scripted",
  name: "Scripted",
  description: "Does what the first word of a message says.",
  answersAlone: true,
  card: { inputModes: ["text/plain", "application/json", "image/*", "application/octet-stream"] },
  run: async (ctx, input) => {
    const [word = ""] = textOf(messageAsked(input).parts).split(" ");
    switch (word) {
      case "ask": {
        const answer = await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" });
        return { message: { parts: (answer?.message ?? messageTold(answer?.value ?? null)).parts } };
      }
      case "hand":
        return await ctx.child("other", "agent", { agent: "scripted", query: "ask me" });
      case "login": {
        await ctx.waitForInput("login", { asks: "authorization", prompt: "Log in at https://example.com." });
        return "logged in";
      }
      case "alone":
        return { message: { parts: [{ text: "Hello." }] }, alone: true };
      case "refuse":
        throw new TaskFailure("not_mine", "I do not do that.", { rejected: true });
      case "fail":
        throw new TaskFailure("broken", "It broke.");
      case "wait":
        await ctx.sleep("long", 3_600_000);
        return "awake";
      case "file":
        ctx.artifact({
          id: "pixel",
          name: "pixel",
          parts: [{ file: { bytes: "AAECAw==" }, name: "a.png", mediaType: "image/png" }],
        });
        return null;
      default:
        return { seen: messageAsked(input).parts.length };
    }
  },
});

export const plain = defineAgent({ slug: "plain", name: "Plain", description: "Asks a model." });
