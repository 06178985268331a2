import { expect, it } from "vitest";
import { slugOf } from "./agent.ts";

it("a slug is made of the letters of a name, and of no more of it than a name may have", () => {
  const names = ["Été à Paris!", "--", "Agents", `${"-".repeat(4_000_000)}a`];
  expect(names.map((name) => slugOf(name, "own"))).toEqual(["ete-a-paris", "own", "own", "own"]);
});
