import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { historyAnswer, sessionAnswer, sessionsAnswer, turnsAnswer } from "../../src/lenses/shannon/schema.ts";
import { type ShannonServer, startShannonServer } from "../shannon-server.ts";
import { type Body, type ShannonClient, shannonClient } from "./client.ts";

let server: ShannonServer;
let client: ShannonClient;
beforeAll(async () => {
  server = await startShannonServer();
  client = shannonClient(server);
});
afterAll(() => server.stop());

describe("a session", () => {
  test("is the memory of its tasks, and its totals are theirs", async () => {
    const session_id = "ada-talks";
    const first = await client.ended({ query: "My name is Ada", mode: "simple", session_id });
    const second = await client.ended({ query: "What is my name?", mode: "simple", session_id });
    expect(second.result).toContain("Ada");
    const tokens = (first.usage?.total_tokens ?? 0) + (second.usage?.total_tokens ?? 0);

    const one = await client.answer(sessionAnswer, `/api/v1/sessions/${session_id}`);
    expect(one).toMatchObject({ task_count: 2, tokens_used: tokens, title: "My name is Ada" });
    expect(one.context).toMatchObject({ external_id: session_id, title: "My name is Ada" });
    expect(await client.answer(sessionAnswer, `/api/v1/sessions/${one.session_id}`)).toEqual(one);

    const { sessions, total_count } = await client.answer(sessionsAnswer, "/api/v1/sessions?limit=100&offset=zero");
    expect(total_count).toBe(sessions.length);
    expect(sessions.find((each) => each.session_id === one.session_id)).toMatchObject({
      task_count: 2,
      successful_tasks: 2,
      success_rate: 1,
      latest_task_query: "What is my name?",
      latest_task_status: "COMPLETED",
      first_task_mode: "simple",
    });

    const history = await client.answer(historyAnswer, `/api/v1/sessions/${session_id}/history`);
    expect(history).toMatchObject({ session_id, total: 2 });
    expect(history.tasks.map(({ task_id }) => task_id)).toEqual([first.task_id, second.task_id]);
    expect(history.tasks.reduce((sum, task) => sum + task.total_tokens, 0)).toBe(tokens);

    const turns = await client.answer(turnsAnswer, `/api/v1/sessions/${session_id}/events?limit=1&offset=1`);
    expect(turns).toMatchObject({ session_id, count: 2 });
    expect(turns.turns).toHaveLength(1);
    expect(turns.turns[0]).toMatchObject({ turn: 2, task_id: second.task_id, final_output: second.result });
    expect(turns.turns[0]?.events.length).toBeGreaterThan(3);
    const bare = await client.answer(turnsAnswer, `/api/v1/sessions/${session_id}/events?include_payload=false`);
    expect(bare.turns.flatMap(({ events }) => events).some((event) => "payload" in event)).toBe(false);
    expect((await client.answer(turnsAnswer, `/api/v1/sessions/${session_id}/events?offset=9`)).turns).toEqual([]);
  });

  test("joined by the id that the server gave it is the same session", async () => {
    const first = await client.ended({ query: "My name is Grace", mode: "simple" });
    const second = await client.ended({ query: "What is my name?", mode: "simple", session_id: first.session_id });
    expect(second.result).toContain("Grace");
    const named = await client.ended({ query: "My name is Joan", mode: "simple", session_id: "joan" });
    const { session_id } = await client.answer(sessionAnswer, `/api/v1/sessions/${named.session_id}`);
    const again = await client.ended({ query: "What is my name?", mode: "simple", session_id });
    expect(again.result).toContain("Joan");
  });

  test("has a title of at most 60 characters, each of which can be seen", async () => {
    const query = "10\u200b + 1\u202e";
    const { session_id } = await client.ended({ query, mode: "simple", session_id: "titled" });
    expect(await client.answer(sessionAnswer, `/api/v1/sessions/${session_id}`)).toMatchObject({ title: "10 + 1" });
    const path = `/api/v1/sessions/${session_id}`;
    const patched = await client.call(path, { method: "PATCH", json: { title: "  Sums  " } });
    expect([patched.status, await patched.json()]).toEqual([200, { session_id, title: "Sums" }]);
    expect(await client.answer(sessionAnswer, path)).toMatchObject({ title: "Sums", context: { title: "Sums" } });
    const bad: [Body, string][] = [
      ["{", "Invalid request body"],
      ['{"title":5}', "Invalid request body"],
      ['{"title":"  "}', "Title cannot be empty"],
      ['{"title":"a\\u0000"}', ""],
      ['{"title":"\\u0001"}', "Title cannot contain only control characters"],
      [JSON.stringify({ title: "é".repeat(61) }), "Title must be 60 characters or less"],
    ];
    for (const [body, error] of bad.filter(([, text]) => text !== "")) {
      expect(await client.refused(path, { method: "PATCH", body })).toEqual([400, { error }]);
    }
    const unknown = await client.refused("/api/v1/sessions/nobody", { method: "PATCH", json: { title: "x" } });
    expect(unknown).toEqual([404, { error: "Session not found" }]);
  });

  async function deletedAndBegunAgain(session_id: string): Promise<void> {
    await client.ended({ query: "My name is Alan", mode: "simple", session_id });
    const path = `/api/v1/sessions/${session_id}`;
    const deleted = await client.call(path, { method: "DELETE" });
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(await client.refused(path)).toEqual([404, { error: "Session not found" }]);
    const fresh = await client.ended({ query: "What is my name?", mode: "simple", session_id });
    expect(fresh.result).not.toContain("Alan");
    expect((await client.answer(sessionAnswer, path)).task_count).toBe(1);
  }

  test("that is deleted is gone, and its name begins a new one", async () => {
    await deletedAndBegunAgain("short-lived");
    const unknown = await client.refused("/api/v1/sessions/nobody", { method: "DELETE" });
    expect(unknown).toEqual([404, { error: "Session not found" }]);
  });

  test("that is deleted begins again under its name, when that is a UUID too", async () => {
    await deletedAndBegunAgain("6f1c1f0e-58cc-4372-a567-0e02b2c3d479");
  });

  test("may be deleted again", async () => {
    await client.ended({ query: "13 + 1", mode: "simple", session_id: "twice" });
    for (let round = 1; round <= 2; round++) {
      expect((await client.call("/api/v1/sessions/twice", { method: "DELETE" })).status).toBe(204);
    }
  });

  test("may be called anything that can be printed", async () => {
    const session_id = "Zürich – 東京";
    const response = await client.call("/api/v1/tasks", { json: { query: "11 + 1", session_id } });
    const header = response.headers.get("x-session-id") ?? "";
    expect(Buffer.from(header, "latin1").toString("utf8")).toBe(session_id);
    const path = `/api/v1/sessions/${encodeURIComponent(session_id)}`;
    expect((await client.answer(sessionAnswer, path)).context).toMatchObject({ external_id: session_id });
    expect(await client.refused("/api/v1/tasks", { json: { query: "q", session_id: "x".repeat(129) } })).toEqual([
      400,
      { error: "Invalid session_id format" },
    ]);
  });
});
