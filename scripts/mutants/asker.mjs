/**
 * Asks suites of the repository in the working directory, one after another, in one process of vitest that stays: what has
 * not changed since is transformed once, so that one test takes a second instead of three. It is told of a file that
 * has changed, or asked for files or one test of a file, and answers with the first test that failed, or null. Until then
 * it says that another test has ended.
 */
import path from "node:path";
import { createVitest } from "vitest/node";

/** How vitest writes a test: file > suite > test. */
const BETWEEN_NAMES = " > ";

// What is planted is in the sources, and the bundle is made once.
process.env.BEGINNINGS = "sources";
const [testTimeout] = process.argv.slice(2).map(Number);
const vitest = await createVitest(
  "test",
  // A process a file: one that has read what was planted would have it still.
  {
    watch: false,
    isolate: true,
    bail: 1,
    maxWorkers: 1,
    testTimeout,
    reporters: [{ onTestCaseResult: () => process.send({}) }],
  },
  { server: { watch: null } },
);

process.on("message", async ({ changed, ...suite }) => {
  if (changed) return vitest.invalidateFile(path.resolve(changed));
  process.send({ by: await ask(suite) });
});
process.on("disconnect", () => process.exit());
process.send("ready");

async function ask({ files, test }) {
  try {
    const [file] = files;
    const specifications = test
      ? [vitest.getRootProject().createSpecification(path.resolve(file), { testNames: [test] })]
      : await vitest.globTestSpecifications(files);
    return failureIn(await vitest.runTestSpecifications(specifications));
  } catch (error) {
    return `${error}`;
  }
}

function failureIn({ testModules, unhandledErrors }) {
  for (const module of testModules) {
    for (const test of module.children.allTests("failed"))
      return [module.relativeModuleId, ...fullNameOf(test)].join(BETWEEN_NAMES);
    if (module.state() === "failed" || module.errors().length > 0) return module.relativeModuleId;
  }
  return unhandledErrors.length > 0 ? `${unhandledErrors[0]}` : null;
}

function fullNameOf(test) {
  return test.parent.type === "suite" ? [...fullNameOf(test.parent), test.name] : [test.name];
}
