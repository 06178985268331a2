/** Who this tab is to the server: a key that lives as long as the tab, or nobody, which `waybill dev` accepts. */
import { Waybill, WaybillError } from "@waybill/sdk";

const STORED_AS = "waybill.key";

function clientFor(key: string | null): Waybill {
  return new Waybill({ baseUrl: location.origin, retries: 1, ...(key !== null && { apiKey: key }) });
}

export class Session {
  client = clientFor(sessionStorage.getItem(STORED_AS));

  get hasKey(): boolean {
    return sessionStorage.getItem(STORED_AS) !== null;
  }

  /** Takes a key once the server has accepted it. Rejects with the server's refusal otherwise. */
  async enter(key: string): Promise<void> {
    const client = clientFor(key);
    await client.me();
    sessionStorage.setItem(STORED_AS, key);
    this.client = client;
  }

  leave(): void {
    sessionStorage.removeItem(STORED_AS);
    this.client = clientFor(null);
  }
}

/** A refusal as a sentence, with what the server's log calls it. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof WaybillError)) return error instanceof Error ? error.message : "Something went wrong.";
  return error.requestId === null || error.status === null || error.status < 500
    ? error.message
    : `${error.message} (request ${error.requestId})`;
}

export function needsKey(error: unknown): boolean {
  return error instanceof WaybillError && error.code === "unauthenticated";
}
