/** What a server has made of the time is its own: another in its process knows nothing of it. */
import { expect, it, vi } from "vitest";
import { startTestServer } from "./server.ts";

const HOUR_MS = 3_600_000;

it("tells the time of day, whatever the time since the machine's start was to a server before it in its process", async () => {
  const real = performance.now.bind(performance);
  const behind = vi.spyOn(performance, "now").mockImplementation(() => real() - HOUR_MS);
  await createdBehindMs();
  behind.mockRestore();
  expect(Math.abs(await createdBehindMs())).toBeLessThan(HOUR_MS / 2);
});

/** How far a server's time is behind that of this test. */
async function createdBehindMs(): Promise<number> {
  const server = await startTestServer();
  const created = await server.call("/v1/tasks", { json: { kind: "human", input: { title: "Look at this" } } });
  const { created_at: createdAt } = JSON.parse(await created.text());
  await server.stop();
  return Date.now() - Date.parse(createdAt);
}
