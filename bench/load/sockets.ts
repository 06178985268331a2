/**
 * HTTP/1.1 over kept-alive sockets with as little work as possible, so that what is measured is the server: one request
 * in flight per connection, answers cut by their Content-Length, or read to their last chunk.
 */
import { connect } from "node:net";

export type Wanted = { method: string; path: string; headers: Record<string, string>; body?: string };

export type Tally = { requests: number; seconds: number; p50Ms: number; p99Ms: number; others: Record<string, number> };

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = /\r\ncontent-length: ?(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: ?chunked/i;
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");

/** Sends what `next` makes, over so many connections at once, for so long. Answers that are not 2xx are counted by status. */
export async function load(url: URL, connections: number, seconds: number, next: () => Wanted): Promise<Tally> {
  const times: number[] = [];
  const others: Record<string, number> = {};
  const from = performance.now();
  const until = from + seconds * 1_000;
  const answered = (status: number, ms: number) => {
    if (status >= 200 && status < 300) times.push(ms);
    else others[status] = (others[status] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: connections }, () => one(url, until, next, answered)));
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    requests: times.length,
    seconds: (performance.now() - from) / 1_000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    others,
  };
}

function one(
  url: URL,
  until: number,
  next: () => Wanted,
  answered: (status: number, ms: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    let sentAt = 0;
    let pending: Buffer = Buffer.alloc(0);
    const send = () => {
      sentAt = performance.now();
      if (sentAt >= until) {
        socket.end();
        resolve();
      } else socket.write(bytesOf(url, next()));
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.on("data", (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const head = pending.indexOf(HEAD_END);
      if (head === -1) return;
      const text = pending.toString("latin1", 0, head);
      const length = CHUNKED.test(text) ? null : Number(LENGTH.exec(text)?.[1] ?? Number.NaN);
      if (Number.isNaN(length)) return reject(new Error(`An answer without a length:\n${text}`));
      const isWhole =
        length === null
          ? pending.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
          : pending.length >= head + HEAD_END.length + length;
      if (!isWhole) return;
      pending = Buffer.alloc(0);
      answered(Number(text.slice(9, 12)), performance.now() - sentAt);
      send();
    });
  });
}

function bytesOf(url: URL, { method, path, headers, body = "" }: Wanted): string {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  return body === "" ? `${head}\r\n` : `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
