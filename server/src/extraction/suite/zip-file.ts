/** Archives made on the spot, also such as no program would make. */
import { crc32, deflateRawSync } from "node:zlib";

export type ZipPart = {
  name: string;
  content: string | Buffer;
  /** What the archive says comes out, in place of what does. */
  declaredBytes?: number;
};

export function zipFile(parts: readonly ZipPart[]): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, declaredBytes } of parts) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes, { level: 9 });
    const fields = fieldsOf(bytes, packed.length, declaredBytes ?? bytes.length, name);
    const header = Buffer.concat([number(0x04034b50), fields, Buffer.alloc(2), Buffer.from(name)]);
    local.push(header, packed);
    directory.push(entryOf(fields, name, at));
    at += header.length + packed.length;
  }
  const entries = Buffer.concat(directory);
  return Buffer.concat([...local, entries, endOf(parts.length, entries.length, at)]);
}

/** A directory of so many parts, none of which is there. */
export function crowdedZip(count: number): Buffer {
  const fields = fieldsOf(Buffer.alloc(0), 0, 0, "a");
  const entry = entryOf(fields, "a", 0);
  const entries = Buffer.alloc(entry.length * count);
  for (let at = 0; at < count; at++) entry.copy(entries, at * entry.length);
  const first = Buffer.concat([number(0x04034b50), fields, Buffer.alloc(2), Buffer.from("a")]);
  return Buffer.concat([first, entries, endOf(count, entries.length, first.length)]);
}

/** From the version to the length of the name. */
function fieldsOf(bytes: Buffer, packedBytes: number, declaredBytes: number, name: string): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x0800, 2);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(packedBytes, 14);
  fields.writeUInt32LE(declaredBytes, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}

function entryOf(fields: Buffer, name: string, headerAt: number): Buffer {
  return Buffer.concat([
    number(0x02014b50),
    Buffer.alloc(2),
    fields,
    Buffer.alloc(12),
    number(headerAt),
    Buffer.from(name),
  ]);
}

function endOf(count: number, directoryBytes: number, directoryAt: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, 0xffff), 8);
  end.writeUInt16LE(Math.min(count, 0xffff), 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryAt, 16);
  return end;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
