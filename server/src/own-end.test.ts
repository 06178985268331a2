import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const OWN_END = new URL("own-end.ts", import.meta.url).href;

test("what an error left to be done in the same moment is done before anything else comes, be it ever so wrong itself", () => {
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  expect(said.trim().split("\n")).toEqual(["first is survived", "second is survived", "third", "another callback"]);
});

test("in somebody else's process, an error of its own beside a survived one is heard by whoever hears errors there", () => {
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", strays], { encoding: "utf8" });
  expect(said.trim().split("\n").sort()).toEqual(["own is heard", "stray is heard"]);
});

test("an error that ends the process is told and shown without its keys", () => {
  const env = { ...process.env, QZ_API_KEY: "twin of a form 77" };
  const args = ["--input-type=module", "--eval", keyed];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  expect(stdout).toContain("nobody caught: Error: [hidden] and [hidden]");
  for (const key of ["sk-proj-", "twin of"]) expect(stdout + stderr).not.toContain(key);
});

const keyed = `
  import { watchOwnEnd } from "${OWN_END}";
  watchOwnEnd((said) => console.log(said), () => false);
  setImmediate(() => {
    throw new Error("sk-proj-abcdefghijklmnop1234 and " + process.env.QZ_API_KEY);
  });
`;

const strays = `
  import { surviveStrays } from "${OWN_END}";
  surviveStrays((error) => error.message === "stray");
  process.on("uncaughtException", (error) => console.log(error.message + " is heard"));
  const fail = (message) => () => { throw new Error(message); };
  setImmediate(() => {
    process.nextTick(fail("stray"));
    process.nextTick(fail("own"));
  });
`;

const program = `
  import { watchOwnEnd } from "${OWN_END}";
  watchOwnEnd(() => {}, (error) => (console.log(error.message + " is survived"), true));
  const fail = (message) => () => { throw new Error(message); };
  setImmediate(() => {
    process.nextTick(fail("first"));
    process.nextTick(fail("second"));
    process.nextTick(() => console.log("third"));
  });
  setImmediate(() => console.log("another callback"));
`;
