import { expect, test } from "vitest";
import { hashedText } from "./audit-line.ts";

const LINE = { n: 1, at: 0, task: null, origin: null, detail: "{}" };

test("a line that is hashed says whose it is and what they did, whatever the line before it said", () => {
  const who = { tenant: "acme", user: "ada", keyId: "key_1", act: "submit" };
  const changes = [{}, { act: "cancel" }, { keyId: "key_2" }, { user: 'a"b' }, { tenant: "other" }, {}, {}];
  for (const change of changes) {
    const said = { ...who, ...change };
    expect(JSON.parse(`${hashedText({ ...LINE, ...said }, "")}}`)).toMatchObject({
      ...{ tenant: said.tenant, user: said.user, key_id: said.keyId, act: said.act },
    });
  }
});
