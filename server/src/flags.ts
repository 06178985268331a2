/** The server's flags. Each is also the environment variable `WAYBILL_` and its name in capitals. */
export const FLAGS = [
  { name: "data", flag: "--data", value: "DIR", about: "folder of the database (default ./.waybill)" },
  { name: "host", flag: "--host", value: "H", about: "address to bind (default 127.0.0.1; dev: loopback only)" },
  { name: "port", flag: "--port", value: "N", about: "main port (default 7420)" },
  {
    name: "lensPort",
    flag: "--lens-port",
    value: "LENS=N,…|none",
    about: "ports at whose root a lens is served (default: its usual one)",
  },
  { name: "model", flag: "--model", value: "PROVIDER:MODEL", about: "default language model" },
  { name: "database", flag: "--database", value: "URL", about: "a PostgreSQL database (not in this version)" },
  { name: "temporal", flag: "--temporal", value: "ADDRESS", about: "a Temporal server (not in this version)" },
  { name: "publicUrl", flag: "--public-url", value: "URL", about: "where the outside reaches this server" },
  {
    name: "outgoingAllow",
    flag: "--outgoing-allow",
    value: "HOST,…|none",
    about: "where webhooks may go beside the internet (default none; dev: this machine)",
  },
  { name: "trustProxy", flag: "--trust-proxy", value: "N", about: "number of proxies in front of it (default 0)" },
  { name: "graceS", flag: "--grace-s", value: "N", about: "seconds that a stop leaves to running steps (default 20)" },
  { name: "logLevel", flag: "--log-level", value: "LEVEL", about: "debug, info, warn, error or silent (default info)" },
  { name: "config", flag: "--config", value: "FILE", about: "configuration (default waybill.config.ts, .js or .json)" },
] as const;

export type FlagName = (typeof FLAGS)[number]["name"];

export function environmentName(name: FlagName): string {
  return `WAYBILL_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
