/**
 * A JSON answer with a long list, written as its items come: however long it is and however slowly it is read, only a few items are in
 * memory.
 */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { isLong, piecesInTurns } from "./json-body.ts";

/**
 * `around` is given a placeholder for the list, and puts it where the list belongs; it is called again after the last item, for the
 * text behind the list. An error of an item breaks the answer off: its reader sees a cut body and not a shorter list.
 */
export function jsonWithList(around: (list: string) => unknown, items: AsyncIterable<unknown>): Readable {
  const list = randomUUID();
  const parts = () => {
    const [head, tail] = JSON.stringify(around(list)).split(`"${list}"`);
    if (head === undefined || tail === undefined) throw new Error("The list has no place in its answer.");
    return { head, tail };
  };
  return Readable.from(
    written(parts().head, items, () => parts().tail),
    { objectMode: false },
  );
}

async function* written(head: string, items: AsyncIterable<unknown>, tail: () => string): AsyncIterable<string> {
  yield `${head}[`;
  let separator = "";
  for await (const item of items) {
    if (!isLong(item)) yield separator + JSON.stringify(item);
    else {
      yield separator;
      yield* piecesInTurns(item);
    }
    separator = ",";
  }
  yield `]${tail()}`;
}
