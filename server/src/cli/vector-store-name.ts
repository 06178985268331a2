/** Which vector store a person means: its id, or its name. */
import { type VectorStore, type Waybill, WaybillError } from "@waybill/sdk";
import { Exit } from "./exit.ts";

/** The vector store of this id, or else of this name; undefined when there is none. Ends the command when several have it. */
export async function storeNamed({ vectorStores }: Waybill, name: string): Promise<VectorStore | undefined> {
  try {
    return await vectorStores.get(name);
  } catch (error) {
    if (!(error instanceof WaybillError) || error.code !== "not_found") throw error;
  }
  const named: VectorStore[] = [];
  for await (const store of vectorStores.list()) if (store.name === name) named.push(store);
  const [only, ...others] = named;
  if (others.length === 0) return only;
  const ids = named.map(({ id }) => id).join("\n");
  throw new Exit(1, `Several vector stores are called ${name}: name one by its id.\n${ids}`);
}
