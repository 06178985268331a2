/** Which server a command talks to, and what a person is told when that does not go well. */
import { DEFAULT_BASE_URL, Waybill, WaybillError } from "@waybill/sdk";
import { type Command, Option } from "commander";
import { BAD_USAGE, Exit } from "./exit.ts";

export type ConnectionFlags = { url?: string | undefined; key?: string | undefined };

/** Adds `--url` and `--key` to a command that talks to a server. */
export function addConnectionFlags(command: Command): Command {
  return command
    .addOption(new Option("--url <URL>", `the server (default ${DEFAULT_BASE_URL})`).env("WAYBILL_URL"))
    .addOption(new Option("--key <KEY>", "API key; waybill dev needs none").env("WAYBILL_API_KEY"));
}

/** A client for the flags; where it cannot be one, a usage error. */
export function connect({ url, key }: ConnectionFlags): Waybill {
  const baseUrl = url === undefined || url === "" ? DEFAULT_BASE_URL : url;
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new Exit(BAD_USAGE, `--url cannot be ${JSON.stringify(baseUrl)}: it is a URL such as ${DEFAULT_BASE_URL}.`);
  }
  const { username, password, search, hash } = new URL(baseUrl);
  if (username + password + search + hash !== "")
    throw new Exit(
      BAD_USAGE,
      "--url cannot hold a user, a password or a query: a key goes with --key or WAYBILL_API_KEY.",
    );
  // A person waits: rather say soon what is wrong than try for long.
  return new Waybill({ baseUrl, retries: 2, ...(key !== undefined && key !== "" && { apiKey: key }) });
}

/** Runs a conversation with the server. What the server refuses ends the command with a sentence that says what to do. */
export async function talkTo<Result>(
  flags: ConnectionFlags,
  act: (client: Waybill) => Promise<Result>,
): Promise<Result> {
  const client = connect(flags);
  try {
    return await act(client);
  } catch (error) {
    if (error instanceof WaybillError) throw new Exit(1, explained(error, client.baseUrl));
    throw error;
  }
}

/** The command that lists what is not found, by the noun that the sentence begins with. */
function listOf(said: string): string {
  const noun = /^(?:There is no )?(\w+)/i.exec(said)?.[1]?.toLowerCase() ?? "";
  return LISTS[noun] ?? "list";
}

const LISTS: Readonly<Record<string, string>> = {
  conversation: "conversations",
  agent: "agents",
  file: "files list",
  webhook: "webhooks",
};

function otherKey(refusal: string): string {
  const isOfScopes = /\bscope\b/.test(refusal);
  if (isOfScopes) return "A key with other scopes: waybill keys create --scope …";
  return "To be somebody else: --key or WAYBILL_API_KEY.";
}

/** What happened, what was tried, what to do. */
export function explained(error: WaybillError, baseUrl: string): string {
  const said = error.message.trim();
  const request = error.requestId === null ? "" : ` (request ${error.requestId})`;
  switch (error.code) {
    case "connection":
    case "timeout":
      return `${said}\nIs a server running there? Start one with: waybill dev. Another address: --url or WAYBILL_URL.`;
    case "protocol":
      return `${said}\nAsked: ${baseUrl}. Another address: --url or WAYBILL_URL.`;
    case "unauthenticated":
      return (
        `${baseUrl} does not let you in: ${said}\n` +
        "Give a key with --key or WAYBILL_API_KEY. To make one, on the server's machine: waybill keys create"
      );
    case "forbidden":
      return `${said}${request}\nWho you are there: waybill doctor. ${otherKey(said)}`;
    case "not_found":
      return `${said}${request}\nWhat there is: waybill ${listOf(said)}. A key sees what is its own user's.`;
    case "unavailable":
    case "rate_limited":
      return `${said}${request}\nTried several times. Try again${error.retryAfterS === null ? " later" : ` in ${error.retryAfterS} s`}.`;
    case "internal":
      return `${said}${request}\nThe server's log has more under that request.`;
    default:
      return `${said}${request}`;
  }
}
