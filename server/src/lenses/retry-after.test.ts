/** When callers are told to come back: where waiting helps, and for as long as it takes. */
import { describe, expect, it } from "vitest";
import { diskRefusal } from "../store/disk-trouble.ts";
import { refusalOfShare } from "../store/share-guard.ts";
import { tooManyUnfinished } from "../store/subscription-store.ts";
import { refusalOfTurn } from "../store/turn.ts";
import { dayOf } from "../task/daily-usage.ts";
import { ERROR_CODES, Refusal } from "../task/errors.ts";
import { LENSES } from "./index.ts";

const REQUEST = { id: "req", unread: false };

describe.each(LENSES.map((lens) => [lens.name, lens] as const))("refusals of %s", (_, { renderError }) => {
  const answerTo = (refusal: Refusal) => renderError(refusal, REQUEST);

  it("say no time where the refusal has none, whatever its code", () => {
    const told = ERROR_CODES.filter((code) => answerTo(new Refusal(code, "No.")).headers["retry-after"] !== undefined);
    expect(told).toEqual([]);
    for (const code of ERROR_CODES) expect(answerTo(new Refusal(code, "No.")).body).not.toMatch(/retry_after/);
  });

  it("say the time that it takes, in whole seconds, rounded up", () => {
    for (const code of ["rate_limited", "unavailable"] as const)
      expect(answerTo(new Refusal(code, "No.", { retryAfterS: 1.2 })).headers["retry-after"]).toBe("2");
  });

  it("say that what is full until something is deleted is a conflict, and that stored bytes come back at no time", () => {
    const { status, headers } = answerTo(new Refusal("conflict", "There are 10 webhooks here: delete some first."));
    expect([status, headers["retry-after"]]).toEqual([409, undefined]);
    const stored = answerTo(refusalOfShare({ why: "share", whose: "user", bound: "storedBytes", most: 10 }, 0));
    expect([stored.status, stored.headers["retry-after"]]).toEqual([429, undefined]);
  });
});

it("a day's money comes back with the next day, UTC: at the second that is named, and at no second before", () => {
  for (const now of [
    0,
    1,
    999,
    43_200_000,
    86_399_000,
    86_399_001,
    86_399_999,
    Date.UTC(2028, 1, 29, 23, 59, 58, 500),
  ]) {
    const { detail } = refusalOfShare({ why: "share", whose: "tenant", bound: "usdPerDay", most: 1 }, now);
    const seconds = detail.retryAfterS ?? 0;
    expect([now, dayOf(now + seconds * 1_000) > dayOf(now)]).toEqual([now, true]);
    expect([now, dayOf(now + (seconds - 1) * 1_000) > dayOf(now)]).toEqual([now, false]);
  }
});

it("what ends by itself has a time: open tasks, a conversation's tasks, webhooks with something to tell, a full disk", () => {
  const open = refusalOfShare({ why: "share", whose: "user", bound: "openTasks", most: 1 }, 0);
  for (const { code, detail } of [
    open,
    refusalOfTurn({ why: "full", before: "t" }),
    tooManyUnfinished(),
    diskRefusal("full"),
  ])
    expect([code, detail.retryAfterS]).toEqual([expect.stringMatching(/^(rate_limited|unavailable)$/), 10]);
});
