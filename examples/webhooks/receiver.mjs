// Receives webhooks: checks each signature with the official library of Standard Webhooks, and takes each event once.
// usage: WEBHOOK_SECRET=whsec_… node receiver.mjs [PORT]     more than one secret while they change: with a space between
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const BODY_BYTES_MAX = 1 << 20;
const KNOWN_MAX = 10_000;

const secrets = (process.env.WEBHOOK_SECRET ?? "").split(" ").filter(Boolean);
if (secrets.length === 0) throw new Error("WEBHOOK_SECRET is what the webhook was made with.");
const webhooks = secrets.map((secret) => new Webhook(secret));
/** Ids that were taken: the same event may come twice. A program that must not forget them keeps them on disk. */
const known = new Set();

const server = createServer(async (request, response) => {
  try {
    const event = verified(await bodyOf(request), request.headers);
    const id = request.headers["webhook-id"];
    if (!known.has(id)) {
      handle(event);
      remember(id);
    }
    // Only now: what was not handled comes again.
    response.writeHead(204).end();
  } catch (error) {
    console.error(`refused: ${error.message}`);
    response.writeHead(error.status ?? 400).end();
  }
});

function handle({ type, data }) {
  if (type === "webhook.test") return console.log("test");
  console.log(`${data.task_id} ${data.seq} ${type}`);
}

/** Throws when no secret of ours has signed it, or when it is more than five minutes old. */
function verified(body, headers) {
  let refusal;
  for (const webhook of webhooks) {
    try {
      return webhook.verify(body, headers);
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

async function bodyOf(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > BODY_BYTES_MAX) throw Object.assign(new Error("too large"), { status: 413 });
  }
  return body;
}

function remember(id) {
  known.add(id);
  for (const oldest of known) {
    if (known.size <= KNOWN_MAX) return;
    known.delete(oldest);
  }
}

server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () =>
  console.log(`receives at http://localhost:${server.address().port}/`),
);
process.once("SIGTERM", () => server.close());
