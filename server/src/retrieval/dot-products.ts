/**
 * Sums of products of bytes, 16 at a time: a search spends most of its time on them, and they take a tenth of what a loop
 * over typed arrays does. As JavaScript has no words for this, the loop is written in WebAssembly's instructions.
 */

const [I32, V128] = [0x7f, 0x7b];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const constant = (value: number) => [0x41, value];
const ADD = [0x6a];
const SHIFT_LEFT = [0x74];
const END = [0x0b];
/** 16 bytes from the address on the stack, so many bytes further. */
const load = (further: number) => [0xfd, 0x00, 0x00, further];
const FOUR_ZEROS = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const LOWER_AS_16_BITS = [0xfd, 0x87, 0x01];
const UPPER_AS_16_BITS = [0xfd, 0x88, 0x01];
/** Of eight pairs of 16 bits, as four sums of two products. */
const PRODUCTS = [0xfd, 0xba, 0x01];
const ADD_FOUR = [0xfd, 0xae, 0x01];
const lane = (n: number) => [0xfd, 0x1b, n];

/** The parameters: addresses of rows, question and sums; how many rows; bytes of a row, and up to the next 16. */
const [ROW, QUESTION, SUM, ROWS, STRIDE, PADDED] = [0, 1, 2, 3, 4, 5] as const;
const [AT, OF_QUESTION, FOUR, BYTES] = [6, 7, 8, 9] as const;

/** For each row: four sums over its bytes in steps of 16, and then their sum. */
const BODY = [
  ...[0x02, 0x40, 0x03, 0x40],
  ...[...get(ROWS), 0x45, 0x0d, 1],
  ...[...FOUR_ZEROS, ...set(FOUR), ...constant(0), ...set(AT)],
  ...[0x03, 0x40],
  ...[...get(ROW), ...get(AT), ...ADD, ...load(0), ...set(BYTES)],
  ...[...get(QUESTION), ...get(AT), ...constant(1), ...SHIFT_LEFT, ...ADD, ...set(OF_QUESTION)],
  ...[...get(BYTES), ...LOWER_AS_16_BITS, ...get(OF_QUESTION), ...load(0), ...PRODUCTS],
  ...[...get(BYTES), ...UPPER_AS_16_BITS, ...get(OF_QUESTION), ...load(16), ...PRODUCTS],
  ...[...ADD_FOUR, ...get(FOUR), ...ADD_FOUR, ...set(FOUR)],
  ...[...get(AT), ...constant(16), ...ADD, ...tee(AT), ...get(PADDED), 0x49, 0x0d, 0, ...END],
  ...[...get(SUM), ...[0, 1, 2, 3].flatMap((n) => [...get(FOUR), ...lane(n), ...(n > 0 ? ADD : [])]), 0x36, 2, 0],
  ...[...get(SUM), ...constant(4), ...ADD, ...set(SUM), ...get(ROW), ...get(STRIDE), ...ADD, ...set(ROW)],
  ...[...get(ROWS), ...constant(1), 0x6b, ...set(ROWS), 0x0c, 0],
  ...[...END, ...END, ...END],
];

/** Of 64 KB. The question lies at 0. */
const PAGES = 64;
const SUMS_AT = 1 << 19;
const ROWS_AT = 1 << 20;
/** Of one turn. The last row is read up to the next 16 bytes, which have to be there. */
const ROWS_MAX = (ROWS_AT - SUMS_AT) / Int32Array.BYTES_PER_ELEMENT;
const BYTES_MAX = (PAGES << 16) - ROWS_AT - 16;

function section(id: number, bytes: readonly number[]): number[] {
  return [id, ...size(bytes.length), ...bytes];
}

/** A number as its lower 7 bits, and the rest of it. */
function size(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...size(value >>> 7)];
}

function text(name: string): number[] {
  return [name.length, ...Buffer.from(name)];
}

/** With two locals of each kind. */
const FUNCTION = [2, 2, I32, 2, V128, ...BODY];
const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 6, I32, I32, I32, I32, I32, I32, 0]),
  ...section(3, [1, 0]),
  ...section(5, [1, 0, ...size(PAGES)]),
  ...section(7, [2, ...text("memory"), 2, 0, ...text("sums"), 0, 0]),
  ...section(10, [1, ...size(FUNCTION.length), ...FUNCTION]),
]);

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
  ) => {
    exports: {
      memory: { buffer: ArrayBuffer };
      sums: (row: number, question: number, sum: number, rows: number, stride: number, padded: number) => void;
    };
  };
};
const { memory, sums } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports;

/**
 * Hears of each row's product with the question: `rows` are as many numbers one after another as the question has. Those
 * of up to 100,000 dimensions have sums below 2 ** 31.
 */
export function eachProduct(rows: Int8Array, question: Int8Array, hear: (row: number, product: number) => void): void {
  const dimensions = question.length;
  const padded = Math.ceil(dimensions / 16) * 16;
  const asked = new Int16Array(memory.buffer, 0, padded);
  asked.fill(0);
  asked.set(question);
  const turn = Math.max(1, Math.min(ROWS_MAX, Math.floor(BYTES_MAX / dimensions)));
  const count = Math.floor(rows.length / dimensions);
  const products = new Int32Array(memory.buffer, SUMS_AT, ROWS_MAX);
  for (let first = 0; first < count; first += turn) {
    const own = Math.min(turn, count - first);
    new Int8Array(memory.buffer, ROWS_AT).set(rows.subarray(first * dimensions, (first + own) * dimensions));
    sums(ROWS_AT, 0, SUMS_AT, own, dimensions, padded);
    for (let row = 0; row < own; row++) hear(first + row, products[row] ?? 0);
  }
}
