/**
 * What a name stands for. Names of the internet are asked of DNS itself: the system's own way holds one of the four
 * threads of the process for as long as a dead server of names takes, and callers choose these names. Names that the
 * operator has allowed are looked up in the system's way, which knows its hosts file and its network's names.
 */
import { type LookupAddress, promises } from "node:dns";

/** Rejects for a name that stands for nothing. */
export type Names = (host: string) => Promise<string[]>;

const TIMEOUT_MS = 2_000;

/** `servers` are those of DNS, as `192.0.2.1:53`; the system's own when absent. */
export function internetNames(servers?: readonly string[]): Names {
  const resolver = new promises.Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (servers) resolver.setServers(servers);
  return async (host) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [four, six].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length > 0) return found;
    throw four.status === "rejected" ? four.reason : new Error(`${host} has no address.`);
  };
}

export const systemNames: Names = async (host) => {
  // A hosts file has no names with the point of the root.
  const found: LookupAddress[] = await promises.lookup(host.replace(/\.$/, ""), { all: true });
  return found.map(({ address }) => address);
};
