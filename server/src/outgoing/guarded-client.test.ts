import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, isIP, Server, Socket } from "node:net";
import { hostname } from "node:os";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { isPublic } from "./addresses.ts";
import { fetchFile } from "./fetch-file.ts";
import { GuardedClient } from "./guarded-client.ts";
import { internetNames } from "./names.ts";
import { allowedPlace, NotReached, Reach } from "./reach.ts";
import { HOSTILE_4, HOSTILE_6, HOSTILE_HOSTS } from "./suite/hostile.ts";
import { type NameServer, openNameServer } from "./suite/name-server.ts";

/** What a hostile caller is after: a server on every address of this machine, at one port. */
const inside = new Server();
let insidePort = 0;
let connections = 0;
/** Whereto this process has begun to connect at all, in whichever network. */
let attempts: string[] = [];
const sockets = channel("net.client.socket");
const observe = (message: unknown) => {
  if (typeof message !== "object" || message === null || !("socket" in message)) return;
  const { socket } = message;
  if (socket instanceof Socket) socket.on("connectionAttempt", (ip, port) => attempts.push(`${ip} ${port}`));
};

/** A receiver that the operator allows, by its port. */
let behave: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
const receiver = createServer((request, response) => behave(request, response));
let receiverPort = 0;

/** By name, what is answered next and then always. */
const names = new Map<string, string[][]>();
let nameServer: NameServer;
let client: GuardedClient;

beforeAll(async () => {
  inside.on("connection", (socket) => {
    connections += 1;
    socket.destroy();
  });
  inside.listen(0, "::");
  receiver.listen(0, "127.0.0.1");
  await Promise.all([once(inside, "listening"), once(receiver, "listening")]);
  insidePort = portOf(inside);
  receiverPort = portOf(receiver);
  nameServer = await openNameServer((name, type) => {
    const answers = names.get(name) ?? [];
    const found = (answers.length > 1 && type === "AAAA" ? answers.shift() : answers[0]) ?? [];
    return found.filter((address) => isIP(address) === (type === "A" ? 4 : 6));
  });
  client = new GuardedClient(reach("any"), internetNames([nameServer.address]));
  sockets.subscribe(observe);
});
afterAll(async () => {
  sockets.unsubscribe(observe);
  await client.close();
  nameServer.close();
  inside.close();
  receiver.close();
  receiver.closeAllConnections();
});
beforeEach(() => {
  connections = 0;
  attempts = [];
});

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function reach(ports: readonly number[] | "any", allow = [`127.0.0.1:${receiverPort}`]): Reach {
  return new Reach({ allow: allow.flatMap((text) => allowedPlace(text) ?? []), ports });
}

/** Why nothing came of it; null when an answer did. */
async function refusal(url: string): Promise<unknown> {
  try {
    await client.send(new URL(url), { method: "POST", body: "{}" });
    return null;
  } catch (error) {
    return error;
  }
}

describe("an address of a caller", () => {
  it("leads to no refused range, in none of hundreds of spellings", async () => {
    expect(new Set(HOSTILE_HOSTS).size).toBeGreaterThan(1_000);
    const reached: string[] = [];
    for (const host of HOSTILE_HOSTS)
      for (const url of [`http://${host}:${insidePort}/`, `https://${host}:${insidePort}/`]) {
        if (!URL.canParse(url)) continue;
        if (!((await refusal(url)) instanceof NotReached)) reached.push(url);
        await expect(client.check(new URL(url)), url).rejects.toThrow(NotReached);
      }
    expect(reached).toEqual([]);
    expect(attempts).toEqual([]);
    expect(connections).toBe(0);
  });

  it("holds no user, no password, no other scheme, and no port that is not meant for it", async () => {
    const strict = new GuardedClient(reach([443]), internetNames([nameServer.address]));
    const urls = [
      "https://user@1.1.1.1/",
      "https://:secret@1.1.1.1/",
      `http://1.1.1.1:80@127.0.0.1:${insidePort}/`,
      "ftp://1.1.1.1/",
      "file:///etc/passwd",
      "gopher://1.1.1.1/",
      "data:text/plain,hello",
      "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
      "unix:/var/run/docker.sock",
      "http://1.1.1.1/",
      "https://1.1.1.1:8443/",
      "http://1.1.1.1:25/",
      `http://example.test:6379/`,
    ];
    for (const url of urls) {
      await expect(strict.check(new URL(url)), url).rejects.toThrow(NotReached);
      await expect(strict.send(new URL(url), { method: "GET" }), url).rejects.toThrow(NotReached);
    }
    await strict.check(new URL("https://1.1.1.1/"));
    await strict.close();
    expect(attempts).toEqual([]);
  });
});

describe("a name", () => {
  it("that stands for a refused address leads nowhere, nor does one of which only one address is refused", async () => {
    for (const [index, address] of [...HOSTILE_4, ...HOSTILE_6].entries()) {
      names.set(`h${index}.test`, [[address]]);
      names.set(`mixed${index}.test`, [["1.1.1.1", "2606:4700::1111", address]]);
      for (const name of [`h${index}.test`, `mixed${index}.test`, `H${index}.TEST.`])
        expect(await refusal(`http://${name}:${insidePort}/`), `${name} ${address}`).toBeInstanceOf(NotReached);
    }
    expect(attempts).toEqual([]);
    expect(connections).toBe(0);
    expect(nameServer.asked.length).toBeGreaterThan(HOSTILE_4.length);
  });

  it("that means something else by the time of the connection is judged by what it means then", async () => {
    for (let round = 0; round < 20; round++) {
      const name = `rebind${round}.test`;
      names.set(name, [["1.1.1.1"], [round % 2 === 0 ? "127.0.0.1" : "::1"]]);
      await client.check(new URL(`http://${name}:${insidePort}/`));
      expect(await refusal(`http://${name}:${insidePort}/`)).toBeInstanceOf(NotReached);
    }
    expect(attempts).toEqual([]);
    expect(connections).toBe(0);
  });

  it("that stands for nothing is accepted when it is named, and is a failure of the network when it is sent to", async () => {
    await client.check(new URL("https://nothing.test/"));
    const error = await refusal("https://nothing.test/");
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(NotReached);
  });

  it("that only a hosts file, a search path or a folder of sockets knows stands for nothing", async () => {
    const hosts = ["ip6-localhost", "ip6-loopback", "localhost6", "127.0.0.1..", "host.docker.internal", "unix"];
    for (const host of [...hosts, hostname()]) {
      const error = URL.canParse(`http://${host}:${insidePort}/`)
        ? await refusal(`http://${host}:${insidePort}/`)
        : host;
      expect([host, error]).not.toEqual([host, null]);
    }
    expect(attempts).toEqual([]);
    expect(connections).toBe(0);
  });

  it("is asked for by no proxy of the environment", async () => {
    for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
      vi.stubEnv(name, `http://127.0.0.1:${insidePort}`);
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    const plain = new GuardedClient(reach("any"), internetNames([nameServer.address]));
    behave = (_, response) => response.end();
    const answer = await plain.send(new URL(`http://127.0.0.1:${receiverPort}/`), { method: "GET" });
    vi.unstubAllEnvs();
    await plain.close();
    expect(answer.status).toBe(200);
    expect(connections).toBe(0);
  });

  it("that the operator allows may be any address, on its port", async () => {
    const friendly = new GuardedClient(reach([443], [`localhost:${receiverPort}`, "127.0.0.0/30"]));
    behave = (_, response) => response.end("hello");
    for (const host of ["localhost", "LOCALHOST.", "127.0.0.1", "0x7f.1"])
      expect((await friendly.send(new URL(`http://${host}:${receiverPort}/`), { method: "GET" })).status).toBe(200);
    await expect(friendly.check(new URL(`http://localhost:${insidePort}/`))).rejects.toThrow(NotReached);
    await expect(friendly.check(new URL(`http://127.0.0.4:${receiverPort}/`))).rejects.toThrow(NotReached);
    await friendly.close();
    expect(connections).toBe(0);
  });
});

describe("an answer", () => {
  const url = () => new URL(`http://127.0.0.1:${receiverPort}/`);

  it("that redirects is an answer: nobody is led on by a chain of them", async () => {
    let asked = 0;
    behave = (_, response) => {
      asked += 1;
      const location = asked % 2 === 0 ? `http://127.0.0.1:${receiverPort}/` : `http://127.0.0.1:${insidePort}/`;
      response.writeHead([301, 302, 303, 307, 308][asked % 5] ?? 302, { location }).end();
    };
    for (let round = 0; round < 10; round++)
      expect((await client.send(url(), { method: "POST", body: "{}" })).status).toBeGreaterThan(300);
    expect(asked).toBe(10);
    expect(connections).toBe(0);
  });

  it("that redirects a download into this machine leads nowhere, at whichever turn", async () => {
    for (const host of ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "0"])
      for (const turns of [0, 1, 2]) {
        let left = turns;
        behave = (_, response) => {
          const location = left > 0 ? url().href : `http://${host}:${insidePort}/`;
          left -= 1;
          response.writeHead(302, { location }).end();
        };
        const signal = new AbortController().signal;
        await expect(fetchFile(url().href, { client, signal }, async () => {})).rejects.toThrow(
          "is not an address of the internet",
        );
      }
    expect(connections).toBe(0);
  });

  it("of any length is read up to a bound", async () => {
    behave = (_, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(65_536, "x")));
      };
      response.on("drain", more);
      more();
    };
    const { body, cut } = await client.send(url(), { method: "GET" }, { bytesMax: 1_000 });
    expect([body.length, cut]).toEqual([1_000, true]);
  });

  it("that does not come, or does not end, is waited for up to a bound", async () => {
    behave = () => {};
    await expect(client.send(url(), { method: "GET" }, { timeoutMs: 50 })).rejects.toThrow("timeout");
    behave = (_, response) => response.write("a");
    await expect(client.send(url(), { method: "GET" }, { timeoutMs: 50 })).rejects.toThrow("timeout");
  });
});

describe("an answer that is meant to do harm", () => {
  const url = () => new URL(`http://127.0.0.1:${receiverPort}/`);
  const raw = (text: string, part: string) => {
    // As much as the socket takes at once: a call for each line of some bytes is all that would be measured.
    const more = part.repeat(Math.ceil(8_192 / part.length));
    behave = ({ socket }) => {
      socket.on("error", () => {});
      const again = () => {
        while (socket.write(more));
      };
      socket.on("drain", again);
      socket.write(text);
      again();
    };
  };

  it("is not unpacked: of ten megabytes in some thousand bytes come these", async () => {
    const bomb = gzipSync(Buffer.alloc(10 << 20));
    behave = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    const { body } = await client.send(url(), { method: "GET" });
    expect(body).toEqual(bomb);
  });

  it("has a head of some kilobytes, and names no other server by it", async () => {
    behave = (_, response) => response.writeHead(200, { "x-long": "x".repeat(64 << 10) }).end();
    await expect(client.send(url(), { method: "GET" })).rejects.toThrow(/[Hh]eaders/);
    behave = (_, response) => response.writeHead(200, { "alt-svc": `h2="127.0.0.1:${insidePort}"; ma=999` }).end();
    for (let round = 0; round < 3; round++) await client.send(url(), { method: "GET" });
    expect(connections).toBe(0);
  });

  it.each([
    ["a head whose lines go on and on", "HTTP/1.1 200 OK\r\n", "x: y\r\n"],
    ["words before the answer without end", "", "HTTP/1.1 103 Early Hints\r\n\r\n"],
    [
      "a chunk whose size is told for ever",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;",
      "x".repeat(4_096),
    ],
    ["chunks of a byte", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n"],
    ["lines behind the last chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x: y\r\n"],
  ])("has an end: %s", async (_, text, more) => {
    raw(text, more);
    const answer = client.send(url(), { method: "GET" }, { timeoutMs: 200, bytesMax: 1_000 });
    const told = await answer.then(
      ({ body }) => body.length,
      (error: unknown) => (error instanceof Error ? "failed" : error),
    );
    expect([1_000, "failed"]).toContain(told);
  });
});

describe("an address of the internet", () => {
  it("is public, next to those that are not", () => {
    for (const address of ["1.1.1.1", "172.32.0.1", "172.15.255.255", "100.128.0.1", "2606:4700::1111", "2a00::1"])
      expect([address, isPublic(address)]).toEqual([address, true]);
    for (const address of [...HOSTILE_4, ...HOSTILE_6, "fe80::1%eth0", "2606:4700::1111%1", "nonsense", ""])
      expect([address, isPublic(address)]).toEqual([address, false]);
  });
});

describe("an allowed place", () => {
  it("is a name, an address or a range, with or without a port", () => {
    const texts = ["localhost", "hooks.internal:9000", "10.0.0.0/8", "10.0.0.1:80", "::1", "[::1]:80", "fd00::/8"];
    for (const text of texts) expect(allowedPlace(text), text).not.toBeNull();
    for (const text of ["", "http://localhost", "10.0.0.0/33", "localhost:0", "localhost:99999", "1.2.3", "*", "a b"])
      expect(allowedPlace(text), text).toBeNull();
  });
});
