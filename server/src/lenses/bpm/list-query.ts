/** A client's list query as a query of a worklist. */
import { z } from "zod";
import type { JsonObject } from "../../task/json/json.ts";
import type { WORK_ORDERS, WorklistQuery, WorkOf } from "../../verbs/human.ts";
import { firstParam } from "../paging.ts";
import { flagParam, viewParam } from "./schema.ts";
import { WORKLIST_STATES, type WorklistState, workStatesOf } from "./vocabulary.ts";

const ASSIGNMENTS: Readonly<Record<string, WorkOf>> = {
  MY: "mine",
  GROUP: "groups",
  MY_AND_GROUP: "mine_and_groups",
  MY_AND_GROUP_ALL: "mine_and_groups_all",
  REPORTEES: "reports",
  OWNER: "owned",
  REVIEWER: "reviewed",
  PREVIOUS: "previous",
  CREATOR: "created",
  ALL: "all",
  ADMIN: "all",
};

/** Spellings of an older API. */
const STATE_ALIASES: Readonly<Record<string, WorklistState>> = {
  NEED_INFORMATION: "INFO_REQUESTED",
  ERROR: "ERRORED",
};

const ORDERS: Readonly<Record<string, (typeof WORK_ORDERS)[number]>> = {
  number: "number",
  tasknumber: "number",
  title: "title",
  priority: "priority",
  state: "state",
  createddate: "createdAt",
  updateddate: "updatedAt",
  assigneddate: "assignedAt",
  duedate: "dueAt",
};

/** Fields of an item, by the names that a client may choose them by. */
const FIELDS: Readonly<Record<string, string>> = {
  createddate: "createdDate",
  creator: "createdBy",
  updateddate: "updatedDate",
  fromuser: "fromUserName",
  tasknumber: "number",
  number: "number",
  title: "title",
  priority: "priority",
  owneruser: "ownerUser",
  state: "state",
  approvalduration: "approvalDuration",
  taskdefinitionname: "taskDefinitionName",
  tasknamespace: "taskNamespace",
  taskid: "taskId",
  category: "category",
  assigneddate: "assignedDate",
  duedate: "dueDate",
  outcome: "outcome",
  ecid: "ecid",
  identificationkey: "identificationKey",
};

const TEXT_MAX = 1_000;
const LIMIT_USUAL = 25;
/** A larger limit is cut to this, unless everything is asked for. */
const LIMIT_MAX = 100;
const NUMBER_MAX = 1_000_000_000;

const text = firstParam(z.string().max(TEXT_MAX).optional(), { type: "string" });
const whole = (usual: number, min: number) =>
  firstParam(
    z
      .string()
      .default(String(usual))
      .transform((given) => given.trim())
      .pipe(z.string().regex(/^[+-]?\d{1,12}$/, "must be a whole number"))
      .transform(Number)
      .pipe(z.int().min(min).max(NUMBER_MAX)),
    { type: "integer", default: usual },
  );

/** Words separated by commas. Repeated parameters are one list. */
function wordsParam<Value>(schema: z.ZodType<Value, string | undefined>, wire: JsonObject) {
  return z.preprocess(joined, firstParam(schema, wire)).prefault("").meta({ wire });
}
const joined = (given: unknown) => (Array.isArray(given) ? given.filter((words) => words !== "").join(",") : given);

/** Words separated by commas, each from a table. */
function wordsIn<Value>(table: Readonly<Record<string, Value>>, spelled: (word: string) => string) {
  return (given: string | undefined, ctx: z.RefinementCtx): Value[] | undefined => {
    if (given === undefined) return undefined;
    const found: Value[] = [];
    for (const word of given.split(",")) {
      const value = new Map(Object.entries(table)).get(spelled(word.trim()));
      if (value === undefined) ctx.addIssue({ code: "custom", message: `must be of ${Object.keys(table).join(", ")}` });
      else found.push(value);
    }
    return found;
  };
}
const lower = (word: string) => word.toLowerCase();
const upper = (word: string) => word.toUpperCase();

const STATES: Readonly<Record<string, readonly WorklistState[] | "ANY">> = {
  ...Object.fromEntries(WORKLIST_STATES.map((state) => [state, [state]])),
  ...Object.fromEntries(Object.entries(STATE_ALIASES).map(([alias, state]) => [alias, [state]])),
  ANY: "ANY",
};

const assignment = firstParam(
  z
    .string()
    .max(TEXT_MAX)
    .default("MY_AND_GROUP")
    .transform((given, ctx) => {
      const of = new Map(Object.entries(ASSIGNMENTS)).get(given.trim().toUpperCase());
      if (of !== undefined) return of;
      ctx.addIssue({ code: "custom", message: `must be one of ${Object.keys(ASSIGNMENTS).join(", ")}` });
      return z.NEVER;
    }),
  { type: "string", enum: Object.keys(ASSIGNMENTS), default: "MY_AND_GROUP" },
);

const orderBy = wordsParam(
  z
    .string()
    .max(TEXT_MAX)
    .optional()
    .transform((given, ctx) => {
      if (given === undefined) return undefined;
      return given.split(",").flatMap((part) => {
        const [field = "", way = "asc", ...more] = part.trim().toLowerCase().split(":");
        const by = new Map(Object.entries(ORDERS)).get(field.trim());
        if (by !== undefined && more.length === 0 && (way === "asc" || way === "desc"))
          return [{ by, descending: way === "desc" }];
        ctx.addIssue({ code: "custom", message: "must be field:asc or field:desc, with commas" });
        return [];
      });
    }),
  { type: "string", default: "createdDate:desc" },
);

/** A day alone is its first moment as `from`, and its last as `until`; without a zone it is UTC. */
function moment(edge: "from" | "until") {
  return firstParam(
    z
      .string()
      .max(64)
      .optional()
      .transform((given, ctx) => {
        if (given === undefined) return undefined;
        const said = given.trim().replace(" ", "T");
        const isDay = /^\d{4}-\d\d-\d\d$/.test(said);
        const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(said) && !isDay;
        const at = /^\d{4}-\d\d-\d\d/.test(said) ? Date.parse(isDay || hasZone ? said : `${said}Z`) : Number.NaN;
        if (!Number.isNaN(at)) return isDay && edge === "until" ? at + DAY_MS - 1 : at;
        ctx.addIssue({ code: "custom", message: "must be a moment of ISO 8601" });
        return undefined;
      }),
    { type: "string", format: "date-time" },
  );
}
const DAY_MS = 86_400_000;

/** Fields that items can be grouped by; they can also be ordered by these. */
const GROUPS: Readonly<Record<string, { name: "priority" | "state" | "title"; by: (typeof WORK_ORDERS)[number] }>> = {
  priority: { name: "priority", by: "priority" },
  state: { name: "state", by: "state" },
  title: { name: "title", by: "title" },
};

function groupIn(given: string | undefined, ctx: z.RefinementCtx) {
  if (given === undefined || given.trim() === "") return undefined;
  const group = new Map(Object.entries(GROUPS)).get(given.trim().toLowerCase());
  if (group === undefined)
    ctx.addIssue({ code: "custom", message: `must be one of ${Object.keys(GROUPS).join(", ")}` });
  return group;
}

const fields = z.string().max(TEXT_MAX).optional().transform(wordsIn(FIELDS, lower));

export const listParams = z.object({
  assignment,
  status: wordsParam(z.string().max(TEXT_MAX).default("ASSIGNED").transform(wordsIn(STATES, upper)), {
    type: "string",
    default: "ASSIGNED",
  }).describe("A state, some with commas, or ANY"),
  keyword: text.describe("Part of the title, in any case"),
  createdBy: text,
  fromuser: text,
  identificationKey: text,
  taskDefinitionName: text,
  process: text.describe("The same as taskDefinitionName"),
  priority: firstParam(
    z
      .string()
      .optional()
      .transform((given) => (given === undefined || given.toLowerCase() === "any" ? undefined : given))
      .pipe(
        z
          .string()
          .regex(/^[1-5]$/, "must be 1 to 5, or Any")
          .optional(),
      )
      .transform((given) => (given === undefined ? undefined : Number(given))),
    { type: "string" },
  ),
  pattern: text.describe("ToDo: what was made as a to-do"),
  dueDateFrom: moment("from"),
  dueDateTo: moment("until"),
  applicationContext: text,
  fields: wordsParam(fields, { type: "string" }),
  columns: wordsParam(fields, { type: "string" }).describe("As an older API calls fields"),
  limit: whole(LIMIT_USUAL, -NUMBER_MAX).describe("At most 100; 0 or less: all, as far as one answer holds them"),
  offset: whole(0, 0),
  orderBy,
  groupBy: firstParam(z.string().max(TEXT_MAX).optional().transform(groupIn), {
    type: "string",
    enum: Object.values(GROUPS).map(({ name }) => name),
  }).describe("Of an older API: items with the same value stand together, and say it"),
  metadataFlag: flagParam,
  metadata: flagParam.describe("As an older API calls metadataFlag"),
  showActionFlag: flagParam,
  showAcion: flagParam.describe("As an older API spells showActionFlag"),
  showPermission: flagParam,
  onlyData: flagParam.describe("Without links"),
  view: viewParam,
});
export type ListParams = z.output<typeof listParams>;

/** Null if the list must be empty. */
export function worklistQueryOf(asked: ListParams): WorklistQuery | null {
  const { status = [], taskDefinitionName, process, pattern } = asked;
  const states = status.includes("ANY")
    ? undefined
    : status.flatMap((names) => Array.from(names)).flatMap(workStatesIn);
  const isImpossible =
    states?.length === 0 ||
    asked.applicationContext !== undefined ||
    (process !== undefined && taskDefinitionName !== undefined && process !== taskDefinitionName);
  if (isImpossible) return null;
  const definition = taskDefinitionName ?? process;
  return {
    of: asked.assignment,
    ...(states && { states }),
    ...(asked.keyword !== undefined && { title: asked.keyword }),
    ...(asked.createdBy !== undefined && { createdBy: asked.createdBy }),
    ...(asked.fromuser !== undefined && { from: asked.fromuser }),
    ...(asked.identificationKey !== undefined && { key: asked.identificationKey }),
    ...(pattern !== undefined && { category: pattern }),
    ...(definition !== undefined && { definition }),
    ...(asked.priority !== undefined && { priority: asked.priority }),
    ...(asked.dueDateFrom !== undefined && { dueFrom: asked.dueDateFrom }),
    ...(asked.dueDateTo !== undefined && { dueUntil: asked.dueDateTo }),
    ...((asked.orderBy || asked.groupBy) && { order: orderOf(asked) }),
  };
}

/** Groups come first; in each, the requested order, or the newest first. */
function orderOf({
  groupBy,
  orderBy = [{ by: "createdAt", descending: true }],
}: ListParams): NonNullable<WorklistQuery["order"]> {
  return groupBy ? [{ by: groupBy.by, descending: false }, ...orderBy] : orderBy;
}

function workStatesIn(name: string) {
  const state = WORKLIST_STATES.find((known) => known === name);
  return state === undefined ? [] : workStatesOf(state);
}

/** How many items one page has; null for all of them. */
export function limitOf({ limit }: Pick<ListParams, "limit">): number | null {
  return limit <= 0 ? null : Math.min(limit, LIMIT_MAX);
}
