/** Binds the ports of a server: the main one, and one for each lens with a port of its own. The apps decide what is served there. */
import { type AppsOptions, type AppsParts, createApps } from "./apps.ts";
import { BindError, type Listener, listen } from "./connections/listener.ts";
import type { Served } from "./late-app.ts";
import type { ShortPath } from "./short-path.ts";

export type HostOptions = AppsOptions & {
  /** Null: both loopback addresses. */
  hosts: readonly string[] | null;
  port: number;
  /** Lenses with a port of their own. */
  lensPorts: readonly { name: string; port: number }[];
  /** Somebody configured the lens ports: one that is taken is then an error and not a note. */
  lensPortsAsked: boolean;
};

export type HostParts = HostOptions & AppsParts;

export type Host = {
  /** Root URL of the main listener. */
  url: string;
  /** Root URLs of the lenses that have a port of their own. */
  lensUrls: Readonly<Record<string, string>>;
  /** Notes for the operator: ports that were taken, lenses that do not run. */
  notes: readonly string[];
  /** Loads that the first request would otherwise wait for. */
  loads: readonly (() => Promise<unknown>)[];
  /** Begins to serve; until then every request is answered 503. */
  serve: () => void;
  /** Takes no more requests: ends streams, answers held requests, and answers new ones with 503. */
  refuse: () => void;
  /** Lets answers under way finish, then cuts the rest. */
  close: (graceMs: number) => Promise<void>;
};

/** Binds every port. Throws `BindError`, and then none is bound. */
export async function openHost(parts: HostParts): Promise<Host> {
  const apps = createApps(parts);
  const listeners: Listener[] = [];
  const close = async (graceMs: number) => {
    await Promise.all(listeners.map((listener) => listener.close(graceMs)));
  };
  const bind = async (app: Served, port: number, shortPath?: ShortPath): Promise<string> => {
    const headMsMax = parts.limits.headS * 1_000;
    const listener = await listen(app, {
      hosts: parts.hosts,
      port,
      headMsMax,
      connections: apps.connections,
      shortPath,
    });
    listeners.push(listener);
    return urlOf(listener, parts.development);
  };

  try {
    const url = await bind(await apps.main(), parts.port, apps.shortPath);
    const lensUrls: Record<string, string> = {};
    const notes: string[] = [];
    for (const { name, port } of parts.lensPorts) {
      const lens = parts.lenses.find((known) => known.name === name);
      if (lens === undefined) {
        notes.push(`This version has no ${name} lens: port ${port} stays free.`);
        continue;
      }
      try {
        lensUrls[name] = await bind(apps.ofLens(lens), port);
      } catch (error) {
        if (parts.lensPortsAsked || !(error instanceof BindError)) throw error;
        notes.push(`${error.message}: the ${name} lens is at ${url}${lens.mount} only.`);
      }
    }
    return { url, lensUrls, notes, loads: apps.loads, serve: apps.serve, refuse: apps.refuse, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

function urlOf({ port, addresses: [address = "127.0.0.1"] }: Listener, development: boolean): string {
  const any = address === "0.0.0.0" || address === "[::]";
  return `http://${development || any ? "localhost" : address}:${port}`;
}
