import { expect, test } from "vitest";
import { FairPlaces } from "./fair-places.ts";

const never = () => new AbortController().signal;

/** Who has a place, and what gives it back. */
function crowd(places: FairPlaces) {
  const begun: string[] = [];
  const leave = new Map<string, () => void>();
  const come = (names: string) => {
    for (const name of names.split(" "))
      void places.take(name[0] ?? "", never()).then((left) => {
        begun.push(name);
        leave.set(name, left);
      });
  };
  const leaves = async (name: string) => {
    leave.get(name)?.();
    await new Promise(setImmediate);
    return begun.join(" ");
  };
  return { come, leaves };
}

test("places are taken by tenants in turn, however many one of them waits with", async () => {
  const { come, leaves } = crowd(new FairPlaces(2));
  come("a1 a2 a3 a4 b1 c1");
  expect(await leaves("nobody")).toBe("a1 a2");
  expect(await leaves("a1")).toBe("a1 a2 b1");
  expect(await leaves("a2")).toBe("a1 a2 b1 a3");
  // Given back twice, it is one place.
  expect(await leaves("a2")).toBe("a1 a2 b1 a3");
  expect(await leaves("b1")).toBe("a1 a2 b1 a3 c1");
});

test("one in reserve is for the first of a tenant, and is no place more for whoever has one", async () => {
  const { come, leaves } = crowd(new FairPlaces(2, 1));
  come("a1 a2 a3 b1 b2 c1");
  expect(await leaves("nobody")).toBe("a1 a2 b1");
  expect(await leaves("a1")).toBe("a1 a2 b1 c1");
  expect(await leaves("b1")).toBe("a1 a2 b1 c1 b2");
});

test("whoever gives up while it waits has no place, and holds none", async () => {
  const places = new FairPlaces(1);
  const left = await places.take("a", never());
  const leaving = new AbortController();
  const gone = places.take("b", leaving.signal);
  const stays = places.take("c", never());
  leaving.abort(new Error("No longer wanted."));
  await expect(gone).rejects.toThrow("No longer wanted.");
  await expect(places.take("d", leaving.signal)).rejects.toThrow("No longer wanted.");
  left();
  (await stays)();
  await places.take("e", never());
});
