/** Faults in lists that go past what cannot be read. */
const queries = "server/src/store/sqlite/queries.ts";
const keys = "server/src/store/sqlite/keys/key-statements.ts";
const audit = "server/src/store/sqlite/audit/audit-statements.ts";
const webhooks = "server/src/store/sqlite/subscriptions/subscription-statements.ts";

export const LISTS = [
  {
    file: "server/src/store/sqlite/tasks/latest-tasks.ts",
    name: "a-damaged-record-ends-the-list-of-the-latest-tasks",
    find: "if (!isOfARow(error)) throw error;\n        return oneByOne(branch, query);",
    put: "throw error;",
  },
  {
    file: "server/src/store/sqlite/tasks/latest-tasks.ts",
    name: "a-damaged-page-begins-the-list-of-the-latest-tasks-again",
    find: "(place) => after === null || latestFirst(place, after) > 0",
    put: "() => true",
  },
  {
    file: webhooks,
    name: "a-webhook-that-says-nothing-fails-the-submits-of-its-tenant",
    find: "    } catch {\n      // It is no webhook any more",
    put: "    } catch (error) {\n      throw error;\n      // It is no webhook any more",
  },
  {
    file: webhooks,
    name: "a-damaged-webhook-takes-all-others-of-its-tenant-along",
    find: "if (all !== null) return all;",
    put: "return all ?? [];",
  },
  {
    file: webhooks,
    name: "of-damaged-deliveries-only-the-newest-are-shown",
    find: "const rows = [...first.rows, [null, null], ...last.rows.reverse()];",
    put: "const rows = first.rows;",
  },
  {
    file: "server/src/store/damage.ts",
    name: "a-write-fails-by-what-is-damaged-beside-it",
    find: "if (!(error instanceof Damaged) || met === MET_MAX) throw error;",
    put: "throw error;",
  },
  {
    file: "server/src/store/sqlite/database.ts",
    name: "a-row-that-its-table-would-not-take-stops-the-sweep",
    find: "if (isCorrupt(error) || error instanceof WrongColumn) return true;",
    put: "if (isCorrupt(error)) return true;",
  },
  {
    file: audit,
    name: "a-damaged-page-of-the-audit-log-ends-its-pages",
    find: "if (!isCorrupt(error)) throw error;\n      }",
    put: "return;\n      }",
  },
  {
    file: queries,
    name: "a-damaged-row-ends-its-list",
    find: "if (!isCorrupt(error)) throw error;\n    const rows: unknown[][] = [];",
    put: "throw error;\n    const rows: unknown[][] = [];",
  },
  {
    file: queries,
    name: "a-damaged-page-of-a-list-ends-it",
    find: "if (rows.length >= limit) return { rows, more: true };",
    put: "if (rows.length >= limit) return { rows, more: false };",
  },
  {
    file: queries,
    name: "a-damaged-page-of-a-list-is-shorter-by-what-does-not-fit",
    find: "for (const place of places()) {\n      const row = orItsPlace(one, place);",
    put: "for (const place of [...places()].slice(0, limit)) {\n      const row = orItsPlace(one, place);",
  },
  {
    file: keys,
    name: "a-damaged-key-lets-all-streams-of-its-look-go-on",
    find: "return given.names.flatMap((name) => those({ ...given, names: [name] }));",
    put: "return [];",
  },
  {
    file: "server/src/task/time.ts",
    name: "a-time-that-no-date-has",
    find: "const MOMENT_MAX = 8_640_000_000_000_000;",
    put: "const MOMENT_MAX = Number.MAX_SAFE_INTEGER;",
  },
];
