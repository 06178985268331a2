#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=16
// V8 sizes the space for new objects by the machine's memory, up to 128 MB, which would be a third of this process; and
// glibc keeps freed memory for each thread, which after reading a long document is 100 MB.
// Plain JavaScript that any Node.js can read: the version is checked before a module loads that an older one crashes on.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `waybill needs Node.js 22.19 or later; this is ${process.versions.node}.\n` +
      "Install a current one from https://nodejs.org, or in a project: npm install --save-dev node@24 && npx waybill\n",
  );
  process.exit(2);
}

// Where many objects of a literal outlive a collection, V8 makes the next ones among the old. Those of a request that is held are
// let go a moment later, and until a full collection each would keep the request, its answer and its run: 7 KB a task.
const { setFlagsFromString } = await import("node:v8");
setFlagsFromString("--no-allocation-site-pretenuring");
// V8 lets what is old grow to several times what is alive before it looks through it: with 300 agents in flight 107 MB were
// alive, and the process had 470. With 30 % in place of these 50 it had a third less, for a tenth more work of the threads that collect.
setFlagsFromString("--heap-growing-percent=50");

// Compiled code is kept between runs: a start spends most of its time reading modules.
const { enableCompileCache } = await import("node:module");
enableCompileCache?.();

const { existsSync } = await import("node:fs");
const cli = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(cli)) {
  process.stderr.write("This checkout of waybill is not built yet: npm ci && npm run build\n");
  process.exit(2);
}
await import(cli.href);
