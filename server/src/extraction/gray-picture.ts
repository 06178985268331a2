/** A picture in gray, and what is done to one before its text is read: made larger or smaller, turned, told as a file. */

/** A byte for each dot, from the left to the right and from the top to the bottom. */
export type GrayPicture = { width: number; height: number; gray: Uint8Array };

/** As a portable graymap: a line of numbers and the bytes. */
export function graymapOf({ width, height, gray }: GrayPicture): Uint8Array {
  const head = Buffer.from(`P5 ${width} ${height} 255\n`, "latin1");
  return Buffer.concat([head, gray]);
}

/** By a quarter to the right, so many times. */
export function turned(picture: GrayPicture, quarters: number): GrayPicture {
  let result = picture;
  for (let turn = 0; turn < quarters; turn++) result = turnedOnce(result);
  return result;
}

function turnedOnce({ width, height, gray }: GrayPicture): GrayPicture {
  const result = new Uint8Array(gray.length);
  for (let y = 0; y < height; y++) {
    const column = height - 1 - y;
    for (let x = 0; x < width; x++) result[x * height + column] = gray[y * width + x] ?? 0;
  }
  return { width: height, height: width, gray: result };
}

export function mirrored({ width, height, gray }: GrayPicture): GrayPicture {
  const result = new Uint8Array(gray.length);
  for (let y = 0; y < height; y++) result.set(gray.subarray(y * width, (y + 1) * width).toReversed(), y * width);
  return { width, height, gray: result };
}

/** With sides so many times as long: each dot is a mean of those around it, by the window of Lanczos. */
export function scaled({ width, height, gray }: GrayPicture, scale: number): GrayPicture {
  const wide = Math.max(1, Math.round(width * scale));
  const high = Math.max(1, Math.round(height * scale));
  const across = new Uint8Array(wide * height);
  const columns = sharesOf(width, wide);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, shares }] of columns.entries()) {
      let sum = 0;
      for (let at = 0; at < shares.length; at++) sum += (shares[at] ?? 0) * (gray[y * width + first + at] ?? 0);
      across[y * wide + x] = byteOf(sum);
    }
  }
  const result = new Uint8Array(wide * high);
  const sums = new Float32Array(wide);
  for (const [y, { first, shares }] of sharesOf(height, high).entries()) {
    sums.fill(0);
    for (const [at, share] of shares.entries()) {
      const from = (first + at) * wide;
      for (let x = 0; x < wide; x++) sums[x] = (sums[x] ?? 0) + share * (across[from + x] ?? 0);
    }
    for (let x = 0; x < wide; x++) result[y * wide + x] = byteOf(sums[x] ?? 0);
  }
  return { width: wide, height: high, gray: result };
}

const LOBES = 3;

/** For each dot of a side that has `to` of them: from which on it is a mean of the `from`, and the share of each. */
function sharesOf(from: number, to: number): { first: number; shares: Float32Array }[] {
  const step = from / to;
  const stretch = Math.max(1, step);
  return Array.from({ length: to }, (_, at) => {
    const middle = (at + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(middle - LOBES * stretch));
    const last = Math.min(from - 1, Math.floor(middle + LOBES * stretch));
    const shares = Float32Array.from({ length: last - first + 1 }, (_, n) => lanczos((first + n - middle) / stretch));
    const sum = shares.reduce((total, share) => total + share, 0);
    return { first, shares: shares.map((share) => share / sum) };
  });
}

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}

function byteOf(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
}
