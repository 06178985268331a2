/** Agents whose work takes no time of its own, so that what is measured is the server: one thing made, and a hundred. */
import { defineAgent, defineConfig } from "waybill";

const instant = defineAgent({
  slug: "instant",
  name: "Instant",
  description: "Makes one thing at once.",
  run: async (ctx) => {
    ctx.artifact({ id: "made", name: "made", parts: [{ text: "Here it is." }] });
    return null;
  },
});

const hundred = defineAgent({
  slug: "hundred",
  name: "Hundred",
  description: "Makes one thing in a hundred pieces.",
  run: async (ctx) => {
    for (let piece = 1; piece <= 100; piece++) {
      ctx.artifact({
        id: "made",
        name: "made",
        parts: [{ text: `piece ${piece} ` }],
        append: true,
        last: piece === 100,
      });
    }
    return null;
  },
});

export default defineConfig({ agents: [instant, hundred] });
