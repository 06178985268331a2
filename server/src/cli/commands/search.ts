import type { VectorStore, Waybill } from "@waybill/sdk";
import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { openTerminal } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";
import { storeNamed } from "../vector-store-name.ts";

type Flags = ConnectionFlags & { store?: string; limit: number; json?: boolean };

const RESULTS_MAX = 50;
const STORES_SHOWN = 20;
/** Of a result, for a person. */
const SHOWN_CHARACTERS = 400;

/** `waybill search`: what the files of a vector store say of something. */
export function addSearch(program: Command): void {
  addConnectionFlags(
    program
      .command("search")
      .description("search the files of a vector store, by words and by meaning")
      .argument("<query>", "what is looked for")
      .option("-s, --store <NAME>", "the vector store, by name or id; needed when there are several")
      .option("-n, --limit <N>", "at most so many results", wholeNumber, 5)
      .option("--json", "one JSON object a line"),
  ).action((query: string, flags: Flags) => talkTo(flags, (client) => search(client, query, flags)));
}

async function search(client: Waybill, query: string, flags: Flags): Promise<void> {
  if (flags.limit < 1 || flags.limit > RESULTS_MAX) throw new Exit(BAD_USAGE, `--limit is 1 to ${RESULTS_MAX}.`);
  const { out, talk } = openTerminal();
  const store = await chosen(client, flags.store);
  const hits = await client.vectorStores.search(store.id, query, { limit: flags.limit });
  if (hits.length === 0) talk.write("Nothing was found.\n");
  for (const hit of hits) {
    if (flags.json) {
      out.write(`${JSON.stringify(hit)}\n`);
      continue;
    }
    const where = `${harmless(hit.filename)}${hit.page === null ? "" : `, page ${hit.page}`}`;
    const text = harmless(hit.text).trim();
    out.write(`${out.style("bold", where)}  ${out.style("dim", hit.score.toFixed(2))}\n`);
    out.write(`${text.slice(0, SHOWN_CHARACTERS)}${text.length > SHOWN_CHARACTERS ? "…" : ""}\n\n`);
  }
}

async function chosen(client: Waybill, name: string | undefined): Promise<VectorStore> {
  if (name !== undefined) {
    const store = await storeNamed(client, name);
    if (store) return store;
    throw new Exit(1, `There is no vector store ${name}. Make it: waybill files add PATH --store ${name}`);
  }
  const { items: stores, next } = await client.vectorStores.list().page();
  const [only] = stores;
  if (only && stores.length === 1 && next === null) return only;
  const named = stores.slice(0, STORES_SHOWN).map(({ id, name }) => `  ${id}  ${harmless(name)}`);
  if (named.length === 0) throw new Exit(1, "There is no vector store yet: waybill files add PATH --store NAME");
  throw new Exit(BAD_USAGE, `Which vector store? Name one with --store:\n${named.join("\n")}`);
}
