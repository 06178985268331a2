import type { Key } from "@waybill/sdk";
import { type Command, InvalidArgumentError, Option } from "commander";
import { storageOf } from "../../store/open.ts";
import { SCOPES, type Scope } from "../../task/principal.ts";
import { type ApiKeys, FIRST_USER, type FolderKeyDraft, serverApiKeys } from "../api-keys.ts";
import { durationMs, words } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, connect, talkTo } from "../connection.ts";
import { addDataFlag, type DataFlags, dataFolder, requireData, requireOwn } from "../data-folder.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen, type Terminal } from "../terminal/terminal.ts";

type Flags = ConnectionFlags & DataFlags & { tenant: string; json?: boolean };
type CreateFlags = Flags & {
  name: string;
  user?: string;
  scope?: Scope[];
  group?: string[];
  role?: string[];
  tier?: string;
  model?: string[];
  expires?: number;
  child?: boolean;
};

const DEFAULT_TENANT = "default";
const DAY_MS = 86_400_000;

/** `waybill keys`: who may call the server. */
export function addKeys(program: Command): void {
  const keys = program
    .command("keys")
    .description("make, list, rotate and revoke API keys")
    .addHelpText(
      "after",
      "\nWith --url (or WAYBILL_URL) they work over HTTP. Otherwise on the data folder\n" +
        "itself, which needs no key; while a server uses that folder they ask it, with\n" +
        "--key, at its usual address.",
    );
  withFlags(
    keys
      .command("create")
      .description("make a key; its secret is printed once, on stdout")
      .option("--name <NAME>", "what it is for", "command line")
      .option("--user <USER>", `whose it is (in a folder: ${FIRST_USER})`)
      .option(
        "--scope <SCOPE,…>",
        `what it may do: ${SCOPES.join(", ")} (in a folder: all but metrics; over HTTP: tasks)`,
        scopes,
      )
      .option("--group <NAME,…>", "a group of its user, whose work that is too", names)
      .option("--role <NAME,…>", "a role of its user, likewise", names)
      .option("--tier <NAME>", "its tier, in a folder: how large its share of the server is")
      .option(
        "--model <NAME,…>",
        "a language model that it may ask, as openai:gpt-5-mini or openai:*; any when none is named",
        names,
      )
      .option("--expires <TIME>", "ends by itself after 30d, 12h, …", durationMs)
      .option("--child", "below your --key: it ends with that, and draws from its share"),
  ).action((flags: CreateFlags, command: Command) =>
    withApiKeys(flags, command, async (apiKeys, { out, talk }) => {
      const key = await apiKeys.create(draftOf(flags));
      if (flags.json) {
        out.write(`${JSON.stringify(key)}\n`);
        return;
      }
      talk.write(`Key ${key.id} of user ${key.user} may: ${key.scopes.join(", ")}. It is shown this once:\n`);
      out.write(`${key.secret}\n`);
    }),
  );
  withFlags(keys.command("list").description("list the keys, without their secrets")).action(
    (flags: Flags, command: Command) =>
      withApiKeys(
        flags,
        command,
        async (apiKeys, { out, talk }) => {
          const all = await apiKeys.list();
          if (flags.json) for (const key of all) out.write(`${JSON.stringify(key)}\n`);
          else if (all.length === 0) talk.write("There are no keys yet: waybill keys create\n");
          else out.write(keyTable(all, out));
        },
        true,
      ),
  );
  addRotate(keys);
  addRevoke(keys);
}

function addRotate(keys: Command): void {
  withFlags(
    keys
      .command("rotate")
      .description("give a key another secret, printed once, on stdout; it stays the same key")
      .argument("<id>", "the key's id")
      .addOption(
        new Option("--overlap <TIME>", "how long the secret of now goes on: 12h, 0s where others may know it")
          .argParser(durationMs)
          .default(DAY_MS, "1d"),
      ),
  ).action((id: string, flags: Flags & { overlap: number }, command: Command) =>
    withApiKeys(
      flags,
      command,
      async (apiKeys, { out, talk }) => {
        const key = await apiKeys.rotate(id, flags.overlap);
        if (flags.json) {
          out.write(`${JSON.stringify(key)}\n`);
          return;
        }
        talk.write(`Key ${key.id} has another secret. The one before goes on until ${key.former_until}:\n`);
        out.write(`${key.secret}\n`);
      },
      true,
    ),
  );
}

function addRevoke(keys: Command): void {
  withFlags(
    keys
      .command("revoke")
      .description("end a key, or all of a user, for good, within a second, with the keys below")
      .argument("[id]", "the key's id")
      .option("--user <USER>", "all keys of this user"),
  ).action((id: string | undefined, flags: Flags & { user?: string }, command: Command) => {
    const { user } = flags;
    if ((id === undefined) === (user === undefined))
      throw new Exit(BAD_USAGE, "Which keys? Name the id of one, or a --user whose keys all end.");
    return withApiKeys(
      flags,
      command,
      async (apiKeys, { out, talk }) => {
        if (id !== undefined) {
          const key = await apiKeys.revoke(id);
          if (flags.json) out.write(`${JSON.stringify(key)}\n`);
          else talk.write(`Key ${key.id} (${key.name}) is revoked.\n`);
        } else if (user !== undefined) {
          const revoked = await apiKeys.revokeAll(user);
          if (flags.json) out.write(`${JSON.stringify({ user, revoked })}\n`);
          else talk.write(`${revoked} ${revoked === 1 ? "key" : "keys"} of ${user} and below are revoked.\n`);
        }
      },
      true,
    );
  });
}

function withFlags(command: Command): Command {
  return addConnectionFlags(addDataFlag(command))
    .option("--tenant <TENANT>", "whose keys, in a data folder", DEFAULT_TENANT)
    .option("--json", "print JSON, one object a line");
}

async function withApiKeys(
  flags: Flags,
  command: Command,
  act: (apiKeys: ApiKeys, terminal: Terminal) => Promise<void>,
  exists = false,
): Promise<void> {
  const terminal = openTerminal();
  const folder = dataFolder(flags);
  const said = (name: string): boolean => command.getOptionValueSource(name) === "cli";
  if (said("url") && said("data"))
    throw new Exit(BAD_USAGE, "Keys are of a server (--url) or of a folder (--data): name one.");
  // What is said beats what the environment has.
  if (flags.url === undefined || said("data")) {
    await requireOwn(folder);
    const owner = await storageOf({ data: folder }).owner();
    if (owner === null) {
      if (exists) await requireData(folder);
      terminal.talk.write(terminal.talk.style("dim", `Data folder: ${folder}\n`));
      const { folderApiKeys } = await import("../folder-api-keys.ts");
      await act(folderApiKeys(folder, flags.tenant), terminal);
      return;
    }
    const { baseUrl } = connect(flags);
    terminal.talk.write(terminal.talk.style("dim", `A server uses ${folder}: asking ${baseUrl}\n`));
  }
  for (const name of ["tenant", "tier"])
    if (said(name))
      throw new Exit(BAD_USAGE, `--${name} is for a data folder. A server takes the ${name} of your --key.`);
  await talkTo(flags, (client) => act(serverApiKeys(client), terminal));
}

function draftOf({ name, user, scope, group, role, tier, model, expires, child }: CreateFlags): FolderKeyDraft {
  return {
    name,
    ...(user !== undefined && { user }),
    ...(scope !== undefined && { scopes: scope }),
    ...(group !== undefined && { groups: group }),
    ...(role !== undefined && { roles: role }),
    ...(tier !== undefined && { tier }),
    ...(model !== undefined && { models: model }),
    ...(child !== undefined && { child }),
    ...(expires !== undefined && { expires_at: new Date(Date.now() + expires).toISOString() }),
  };
}

function names(text: string, before: readonly string[] = []): string[] {
  return [...new Set([...before, ...words(text)])];
}

function scopes(text: string, before: readonly Scope[] = []): Scope[] {
  const named = words(text).map((word) => {
    const scope = SCOPES.find((scope) => scope === word);
    if (scope === undefined)
      throw new InvalidArgumentError(`There is no scope ${word}. There are: ${SCOPES.join(", ")}.`);
    return scope;
  });
  return [...new Set([...before, ...named])];
}

function keyTable(keys: readonly Key[], screen: Screen): string {
  const day = (iso: string | null): string => (iso === null ? "" : iso.slice(0, 10));
  const isDead = ({ revoked_at, expires_at }: Key): boolean =>
    revoked_at !== null || (expires_at !== null && Date.parse(expires_at) <= Date.now());
  return table<Key>(
    [
      { title: "ID", cell: ({ id }) => id },
      { title: "NAME", cell: ({ name }) => name, shrinks: true },
      { title: "USER", cell: ({ user }) => user },
      { title: "SCOPES", cell: ({ scopes }) => scopes.join(" ") },
      { title: "SECRET", cell: ({ hint }) => `…${hint}` },
      { title: "CREATED", cell: ({ created_at }) => day(created_at) },
      { title: "USED", cell: ({ used_at }) => day(used_at) },
      { title: "EXPIRES", cell: ({ expires_at }) => day(expires_at) },
      {
        title: "STATE",
        cell: (key) => (key.revoked_at !== null ? `revoked ${day(key.revoked_at)}` : isDead(key) ? "expired" : "valid"),
        style: (key) => (isDead(key) ? "red" : "green"),
      },
    ],
    keys,
    screen,
  );
}
