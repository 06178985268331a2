/**
 * The four dialects: two versions, each over JSON-RPC and over HTTP. An operation is written once; what a dialect calls it,
 * and how it reads and writes, is data.
 */
import type { Codec } from "./model/codec.ts";
import { v1 } from "./model/v1/codec.ts";
import { v03 } from "./model/v03/codec.ts";
import { v03Http } from "./model/v03-http/codec.ts";
import type { Version } from "./vocabulary.ts";

/** As a card spells it. */
export type Binding = "JSONRPC" | "HTTP+JSON";

export type Dialect = { binding: Binding; version: Version; codec: Codec };

export const DIALECTS: Readonly<Record<Binding, Readonly<Record<Version, Dialect>>>> = {
  JSONRPC: {
    "1.0": { binding: "JSONRPC", version: "1.0", codec: v1 },
    "0.3": { binding: "JSONRPC", version: "0.3", codec: v03 },
  },
  "HTTP+JSON": {
    "1.0": { binding: "HTTP+JSON", version: "1.0", codec: v1 },
    "0.3": { binding: "HTTP+JSON", version: "0.3", codec: v03Http },
  },
};
