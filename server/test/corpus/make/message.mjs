// A mail as Outlook keeps it. No program here writes MSG; this lays out the properties that Outlook writes, in the file
// system of older office files. Usage: node message.mjs FILE
import { writeFileSync } from "node:fs";
import { burn } from "@kenjiuno/msgreader/lib/Burner.js";

const FOLDER = 1;
const FILE = 2;
const ROOT = 5;
const entries = [{ name: "Root Entry", type: ROOT, children: [], length: 0 }];

function add(parent, name, bytes) {
  entries.push({
    name,
    type: bytes ? FILE : FOLDER,
    children: [],
    length: bytes?.length ?? 0,
    binaryProvider: () => Uint8Array.from(bytes),
  });
  parent.children.push(entries.length - 1);
  return entries.at(-1);
}

/** Strings are streams of their own, named by their property; the list of properties says how long they are. */
function addProperties(folder, headerBytes, texts, numbers = {}) {
  const list = [];
  for (const [property, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text, "utf16le");
    add(folder, `__substg1.0_${property}001F`, bytes);
    const entry = Buffer.alloc(16);
    entry.writeUInt32LE(Number.parseInt(`${property}001F`, 16), 0);
    entry.writeUInt32LE(6, 4);
    entry.writeUInt32LE(bytes.length + 2, 8);
    list.push(entry);
  }
  for (const [tag, value] of Object.entries(numbers)) {
    const entry = Buffer.alloc(16);
    entry.writeUInt32LE(Number.parseInt(tag, 16), 0);
    entry.writeUInt32LE(6, 4);
    entry.writeBigUInt64LE(BigInt(value), 8);
    list.push(entry);
  }
  add(folder, "__properties_version1.0", Buffer.concat([Buffer.alloc(headerBytes), ...list]));
}

/** In steps of 100 ns since 1601. */
const sentAt = (BigInt(Date.UTC(2026, 2, 9, 8, 30)) + 11644473600000n) * 10000n;
const [root] = entries;
addProperties(
  root,
  32,
  {
    "001A": "IPM.Note",
    "0037": "Opening of the new shop",
    "0C1A": "Ada Brandt",
    "0C1F": "ada@pottery.example",
    "5D01": "ada@pottery.example",
    1000: "Dear Mira,\r\n\r\nthe shop in the old town opens on the first of April.\r\nPlease bring the sign.\r\n",
  },
  { "00390040": sentAt, "0E060040": sentAt },
);
const recipient = add(root, "__recip_version1.0_#00000000");
addProperties(recipient, 8, { 3001: "Mira Okafor", "39FE": "mira@pottery.example" }, { "0C150003": 1 });
const attachment = add(root, "__attach_version1.0_#00000000");
addProperties(attachment, 8, { 3707: "sign.txt", 3704: "sign.txt" }, { 37050003: 1 });
add(attachment, "__substg1.0_37010102", Buffer.from("a sign"));
writeFileSync(process.argv[2], burn(entries));
