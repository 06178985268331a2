/** Which vector store a person means: its id, or its name. */
import { type VectorStore, type Waybill, WaybillError } from "@waybill/sdk";

/** The vector store of this id, or else of this name; undefined when there is none, or of this name more than one. */
export async function storeNamed({ vectorStores }: Waybill, name: string): Promise<VectorStore | undefined> {
  try {
    return await vectorStores.get(name);
  } catch (error) {
    if (!(error instanceof WaybillError) || error.code !== "not_found") throw error;
  }
  const named: VectorStore[] = [];
  for await (const store of vectorStores.list()) if (store.name === name) named.push(store);
  return named.length === 1 ? named[0] : undefined;
}
