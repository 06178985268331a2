import { describe, expect, it } from "vitest";
import { readApproval } from "./person.ts";

describe("an approval", () => {
  it.each([true, "yes", "Approved", { approved: true }, { decision: "approve" }, { approved: "true" }])(
    "is given by %j",
    (value) => {
      expect(readApproval(value).approved).toBe(true);
    },
  );

  it.each([false, null, 1, "maybe", "", {}, [], { approved: false }, { approved: "no" }, { decision: "reject" }])(
    "is not given by %j",
    (value) => {
      expect(readApproval(value).approved).toBe(false);
    },
  );

  it("keeps what the person said with a refusal", () => {
    expect(readApproval({ approved: false, comment: "too dear" }).comment).toBe("too dear");
    expect(readApproval("not today").comment).toBe("not today");
  });
});
