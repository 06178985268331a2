/** All of a thing that is read in pages, where whoever asks wants it whole: up to a bound. */
import { Refusal } from "../../task/errors.ts";
import { bytesOf } from "./bounds.ts";

/** Of what is answered whole, such as the artifacts of one task. */
const WHOLE_BYTES_MAX = 32 << 20;

type Rows = { rows: unknown[][]; more: boolean };

/** Each page goes on after the place of the last item. Throws `too_large` beyond `WHOLE_BYTES_MAX`. */
export async function inPages<Item, Place>(
  from: (after: Place) => Promise<Rows>,
  itemOf: (row: unknown[]) => Promise<Item>,
  placeOf: (item: Item) => Place,
  after: Place,
): Promise<Item[]> {
  const items: Item[] = [];
  let bytes = 0;
  for (let reached = after; ; ) {
    const page = await from(reached);
    bytes += page.rows.reduce((sum, row) => sum + bytesOf(row), 0);
    if (bytes > WHOLE_BYTES_MAX) throw new Refusal("too_large", `There are more than ${WHOLE_BYTES_MAX} bytes of it.`);
    for (const item of await Promise.all(page.rows.map(itemOf))) {
      items.push(item);
      reached = placeOf(item);
    }
    if (!page.more) return items;
  }
}
