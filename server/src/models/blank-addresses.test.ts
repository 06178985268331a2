/** In a process of its own: a package is imported once in each. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("an address that the environment leaves empty keeps nobody from asking a provider that has its own", () => {
  const asks = `
    const { createModels } = await import(${JSON.stringify(new URL("./models.ts", import.meta.url).href)});
    const baseUrl = "http://127.0.0.1:1/v1";
    const providers = { openai: { type: "openai", apiKey: "k", baseUrl }, anthropic: { type: "anthropic", apiKey: "k", baseUrl } };
    const prompt = [{ role: "user", text: "Hi", files: [] }];
    for (const model of ["openai:m", "anthropic:m"])
      await createModels({ providers }).call({ model, prompt, tools: [], signal: new AbortController().signal }).catch(({ message }) => console.log(message));
  `;
  const env = { ...process.env, OPENAI_BASE_URL: "", ANTHROPIC_BASE_URL: " " };
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", asks], {
    env,
    encoding: "utf8",
  });
  expect([stdout, stderr]).toEqual([expect.stringMatching(/^(.* cannot be reached: .*\n){2}$/), ""]);
});
