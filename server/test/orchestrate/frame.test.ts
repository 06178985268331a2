/** What holds for every operation of the Orchestrate lens: where it is, who may call, and what is said when it cannot be. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startTestServer, type TestServer } from "../server.ts";

const begun = z.object({ thread_id: z.uuid(), run_id: z.uuid(), task_id: z.string(), message_id: z.uuid() });
const HELLO = JSON.stringify({ message: { role: "user", content: "Hello" } });
const JSON_BODY = { "content-type": "application/json" };

type Heard = { status: number; headers: Record<string, string | string[] | undefined>; text: string };

/** Over a socket of its own: fetch would mend the path. */
function send(url: string, method = "GET", headers: Record<string, string> = {}, body?: string): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const [, origin = "", path = "/"] = /^(https?:\/\/[^/]+)(.*)$/.exec(url) ?? [];
    const { hostname, port } = new URL(origin);
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("every spelling of a path", () => {
  let server: TestServer;
  let own = "";
  let run = "";
  let thread = "";
  beforeAll(async () => {
    server = await startTestServer();
    own = server.lensUrls["orchestrate"] ?? "";
    const made = await send(`${own}/v1/orchestrate/runs`, "POST", JSON_BODY, HELLO);
    ({ run_id: run, thread_id: thread } = begun.parse(JSON.parse(made.text)));
  });
  afterAll(() => server.stop());

  it("leads to the same, on the port of its own and below its prefix on the main one", async () => {
    const instances = ["", "/instances/20260206-1", "/orchestrate/cpd/instances/1719"];
    for (const at of [own, `${server.url}/orchestrate`]) {
      for (const prefix of instances.flatMap((instance) => [instance, `${instance}/api`])) {
        for (const path of [`/v1/orchestrate/runs/${run}`, `/v1/v1/orchestrate/runs/${run}`]) {
          for (const slash of ["", "/"]) {
            const heard = await send(at + prefix + path + slash);
            expect([heard.status, JSON.parse(heard.text)]).toMatchObject([200, { id: run, thread_id: thread }]);
          }
        }
      }
    }
  });

  it("also that of local and of hosted servers, and that of an address that is itself below the prefix", async () => {
    for (const path of [`/v1/tasks/${run}`, `/v1/orchestrate/tasks/${run}`, `/api/v1/tasks/${run}?x=1`]) {
      expect(JSON.parse((await send(own + path)).text)).toMatchObject({ task_name: "run_orchestrate_assistant" });
    }
    const cpd = await send(`${server.url}/orchestrate/cpd/instances/7/v1/orchestrate/runs?limit=1`);
    expect(JSON.parse(cpd.text)).toMatchObject({ limit: 1, offset: 0 });
  });

  it("takes any text for the id of a task, decoded as it was meant", async () => {
    for (const [path, id] of [
      ["nobody", "nobody"],
      ["a%2Fb%20%C3%BC", "a/b ü"],
      ["00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000"],
      ["x".repeat(7_000), "x".repeat(7_000)],
    ] as const) {
      const heard = await send(`${own}/v1/tasks/${path}`);
      const unknown = { task_id: id, task_name: null, status: "unknown", task_args: null, result: null };
      expect([heard.status, heard.text]).toEqual([200, JSON.stringify(unknown)]);
    }
  });

  it("is told of when it leads nowhere, or not by that method", async () => {
    for (const path of ["/", "/v1", "/v1/nowhere", "/v2/tasks/x", "/instances/x", "/api/v1/orchestrate/runs/a/b/c"]) {
      expect([path, (await send(own + path)).status, (await send(own + path)).text]).toEqual([
        path,
        404,
        '{"detail":"Not Found"}',
      ]);
    }
    const wrong = await send(`${own}/api/v1/orchestrate/runs/${run}/`, "DELETE");
    expect([wrong.status, wrong.headers["allow"], wrong.text]).toEqual([
      405,
      "GET, HEAD",
      '{"detail":"Method Not Allowed"}',
    ]);
    const unread = await send(`${own}/v1/orchestrate/runs/%ff/cancel`, "POST");
    expect([unread.status, unread.headers["content-type"]]).toEqual([400, "application/json; charset=utf-8"]);
  });

  it("answers health and its own document without a key", async () => {
    for (const path of [
      "/health/alive",
      "/health/ready",
      "/v1/health/ready",
      "/api/v1/health/ready",
      "/openapi.json",
      "/docs",
    ]) {
      expect([path, (await send(own + path)).status]).toEqual([path, 200]);
    }
  });

  it("lets pages of this machine read it, whatever headers they send, and no others", async () => {
    const asked = "authorization,x-ibm-request-id,x-watson-channel,access-control-allow-origin";
    const headers = { origin: "http://localhost:3000", "access-control-request-headers": asked };
    const preflight = await send(`${own}/api/v1/orchestrate/runs/stream`, "OPTIONS", headers);
    expect([preflight.status, preflight.headers["access-control-allow-headers"]]).toEqual([200, asked]);
    for (const path of [`/v1/orchestrate/runs/${run}`, "/v1/orchestrate/runs/x", "/nowhere", "/v1/orchestrate/runs"]) {
      expect((await send(own + path, "GET", headers)).headers["access-control-allow-origin"]).toBe("*");
    }
    const foreign = await send(`${own}/v1/orchestrate/runs`, "GET", { origin: "https://evil.example" });
    expect([foreign.status, foreign.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });
});

describe("a caller", () => {
  let server: TestServer;
  let own = "";
  let ada = "";
  beforeAll(async () => {
    server = await startTestServer({
      mode: "serve",
      keys: [{ user: "ada" }, { user: "bob", scopes: ["tasks"] }, { tenant: "b", user: "ada" }],
    });
    own = server.lensUrls["orchestrate"] ?? "";
    [ada = ""] = server.secrets;
  });
  afterAll(() => server.stop());

  const NONE = [401, '{"detail":"Not authenticated"}', "Bearer"];
  const WRONG = [401, '{"detail":"Invalid authentication credentials"}', "Bearer"];
  const told = ({ status, text, headers }: Heard) => [status, text, headers["www-authenticate"]];

  it("is known by a bearer token, however the word is written, or by an API key", async () => {
    const known: Record<string, string>[] = [
      { authorization: `Bearer ${ada}` },
      { authorization: `bEARER ${ada}` },
      { "IAM-API-KEY": ada },
      { "IAM-API_KEY": ada },
    ];
    for (const headers of known) expect((await send(`${own}/v1/orchestrate/runs`, "GET", headers)).status).toBe(200);
  });

  it("is told that it has not said who it is, or that this is nobody", async () => {
    const run = `${own}/api/v1/orchestrate/runs/${"0".repeat(8)}-0000-4000-8000-000000000000`;
    const silent: Record<string, string>[] = [
      {},
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: "Bearer  " },
      { authorization: `Basic ${Buffer.from(`ada:${ada}`).toString("base64")}` },
      { authorization: ada },
      { "x-api-key": ada },
    ];
    for (const headers of silent)
      expect([headers, ...told(await send(run, "GET", headers))]).toEqual([headers, ...NONE]);
    const wrong = [{ authorization: "Bearer sk_nobody" }, { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." }];
    for (const headers of wrong) expect(told(await send(run, "GET", headers))).toEqual(WRONG);
    expect(told(await send(`${own}/v1/tasks/x`))).toEqual(NONE);
  });

  it("is looked for before anything of its body is, which is looked at before what is in it", async () => {
    const runs = `${own}/v1/orchestrate/runs?stream=maybe`;
    expect(told(await send(runs, "POST", JSON_BODY, '{"message": }'))).toEqual(NONE);
    const broken = await send(runs, "POST", { ...JSON_BODY, authorization: `Bearer ${ada}` }, '{"message": }');
    expect([broken.status, JSON.parse(broken.text)]).toEqual([
      422,
      {
        detail: [
          {
            type: "json_invalid",
            loc: ["body", 12],
            msg: "JSON decode error",
            input: {},
            ctx: { error: "Expecting value" },
          },
        ],
      },
    ]);
    expect(told(await send(runs, "POST", JSON_BODY, '{"version":"x"}'))).toEqual(NONE);
    expect(told(await send(`${own}/v1/orchestrate/runs/unknown`))).toEqual(NONE);
    const known = { ...JSON_BODY, authorization: `Bearer ${ada}` };
    const both = await send(runs, "POST", known, '{"version":"x","agent_id":"nobody"}');
    expect([both.status, JSON.parse(both.text)]).toMatchObject([
      422,
      { detail: [{ loc: ["query", "stream"] }, { loc: ["body", "version"] }] },
    ]);
    const lost = await send(`${own}/v1/orchestrate/runs`, "POST", known, '{"agent_id":"nobody"}');
    expect([lost.status, lost.text]).toEqual([404, '{"detail":"Agent nobody not found"}']);
  });

  it("is not told of what is another's", async () => {
    const made = await send(
      `${own}/v1/orchestrate/runs`,
      "POST",
      { ...JSON_BODY, authorization: `Bearer ${ada}` },
      HELLO,
    );
    const { run_id, task_id, thread_id } = begun.parse(JSON.parse(made.text));
    for (const key of server.secrets.slice(1)) {
      const headers = { authorization: `Bearer ${key}` };
      const read = (path: string, method = "GET") => send(own + path, method, headers);
      const runs = `/v1/orchestrate/runs/${run_id}`;
      expect([(await read(runs)).status, (await read(runs)).text]).toEqual([404, '{"detail":"Run not found"}']);
      expect((await read(`${runs}/cancel`, "POST")).status).toBe(404);
      for (const id of [task_id, run_id]) {
        expect(JSON.parse((await read(`/v1/tasks/${id}`)).text)).toMatchObject({ status: "unknown", task_name: null });
      }
      const body = JSON.stringify({ thread_id, message: { role: "user", content: "mine?" } });
      const joined = await send(`${own}/v1/orchestrate/runs`, "POST", { ...JSON_BODY, ...headers }, body);
      expect([joined.status, joined.text]).toEqual([404, '{"detail":"Thread not found"}']);
      expect(JSON.parse((await read("/v1/orchestrate/runs")).text)).toMatchObject({ total: 0, data: [] });
    }
  });
});

it("may be told 403 without a header, where a deployment's clients expect that of older servers", async () => {
  const lenses = { orchestrate: { strangers: 403 } } as const;
  const server = await startTestServer({ mode: "serve", keys: [{ user: "ada" }], config: { lenses } });
  try {
    for (const at of [server.lensUrls["orchestrate"], `${server.url}/orchestrate`]) {
      const heard = await send(`${at}/v1/orchestrate/runs`);
      expect([heard.status, heard.text, heard.headers["www-authenticate"]]).toEqual([
        403,
        '{"detail":"Not authenticated"}',
        undefined,
      ]);
    }
  } finally {
    await server.stop();
  }
});
