import { expect, test } from "vitest";
import { inPages } from "./in-pages.ts";

const MB_8 = "x".repeat(8 << 20);

/** All of so many rows of 8 MB, two a page. */
function read(count: number): Promise<number[]> {
  const page = async (after: number) => {
    const rows = Array.from({ length: Math.min(2, count - after) }, (_, at) => [after + at + 1, MB_8]);
    return { rows, more: after + rows.length < count };
  };
  return inPages(
    page,
    async ([n]) => Number(n),
    (n) => n,
    0,
  );
}

test("what is read in pages comes whole, in its order, as long as it is no more than 32 MB", async () => {
  expect(await read(3)).toEqual([1, 2, 3]);
  await expect(read(5)).rejects.toMatchObject({ code: "too_large" });
});
