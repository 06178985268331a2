import { expect, test } from "vitest";
import type { Principal } from "../../../task/principal.ts";
import { type StreamPlace, StreamPlaces } from "./stream-places.ts";

const MB = 1 << 20;
const caller = (user: string): Principal => ({ tenant: "acme", user, scopes: new Set(["tasks"]), keyId: "k" });

/** A stream that is open; `end` closes it. */
async function opened(places: StreamPlaces, user: string): Promise<StreamPlace & { end: () => Promise<unknown> }> {
  const found = Promise.withResolvers<StreamPlace>();
  const frames = places.while(caller(user), async function* (place) {
    found.resolve(place);
    yield "";
  });
  await frames.next();
  return { ...(await found.promise), end: () => frames.return(undefined) };
}

test("a caller's streams hold so much together, and what one has let go of is another's", async () => {
  const places = new StreamPlaces();
  const [one, other] = [await opened(places, "ada"), await opened(places, "ada")];
  one.holds(100 * MB);
  one.holds(128 * MB);
  expect(() => other.holds(1)).toThrow("too much");
  // So that one comes to its end, however many begin beside it.
  one.holds(129 * MB);
  one.holds(MB);
  other.holds(127 * MB);
  await one.end();
  other.holds(128 * MB);
});

test("all streams hold so much together, of which nobody is refused an equal part", async () => {
  const places = new StreamPlaces();
  for (const user of ["a", "b", "c", "d"]) (await opened(places, user)).holds(60 * MB);
  const last = await opened(places, "e");
  last.holds(50 * MB);
  expect(() => last.holds(60 * MB)).toThrow("all streams");
});

test("a caller has so many streams, and a place again when one has ended", async () => {
  const places = new StreamPlaces();
  const streams = [];
  for (let n = 0; n < 100; n++) streams.push(await opened(places, "ada"));
  expect(() => places.mustHaveOne(caller("ada"))).toThrow("100 streams");
  places.mustHaveOne(caller("bob"));
  await streams[0]?.end();
  places.mustHaveOne(caller("ada"));
});
