/** Lists of tasks: by query, and those with a name. */
import { Refusal } from "../../task/errors.ts";
import { workStateOf } from "../../task/people/work-item.ts";
import { mustHave } from "../../task/principal.ts";
import type { Task } from "../../task/task.ts";
import type { WorklistQuery } from "../../verbs/human.ts";
import { anyQuery, type Call, isName, type Route, route } from "../route.ts";
import { Caller, numberOf } from "./caller.ts";
import { renderErrorOf } from "./errors.ts";
import { type ListParams, limitOf, listParams, worklistQueryOf } from "./list-query.ts";
import { collection, pageLinks, whole } from "./page.ts";
import { allowedActions } from "./reading.ts";
import { taskView } from "./task-view.ts";
import { WORKLIST_STATE_OF } from "./vocabulary.ts";
import { worklistTaskOf } from "./worklist-task.ts";

/** Items of an answer to a request for all. */
const ALL_MAX = 1_000;
/** Items of one page of the core. */
const PAGE = 200;

/** Named lists, with their queries. */
const VIEWS: Readonly<Record<string, { title: string; query: Record<string, string> }>> = {
  inbox: { title: "Mine and my groups'", query: {} },
  mine: { title: "Mine", query: { assignment: "MY" } },
  groups: { title: "My groups'", query: { assignment: "GROUP" } },
  information: { title: "Information requested", query: { status: "INFO_REQUESTED" } },
  suspended: { title: "Suspended", query: { status: "SUSPENDED" } },
  owned: { title: "That I own", query: { assignment: "OWNER", status: "ANY" } },
  created: { title: "That I have created", query: { assignment: "CREATOR", status: "ANY" } },
  previous: { title: "That I have acted on", query: { assignment: "PREVIOUS", status: "ANY" } },
};

export const listRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/tasks",
    id: "retrieve_tasks",
    scope: "tasks",
    tag: "tasks",
    summary: "Retrieve a list of tasks",
    query: listParams,
    refuses: ["invalid", "unauthenticated", "unavailable"],
    answers: [{ status: 200, about: "A page of them", schema: collection }],
    handle: async (call) => ({ status: 200, body: await page(call, call.query, "/tasks") }),
  }),
  route({
    method: "GET",
    path: "/tasks/views",
    id: "retrieve_views",
    scope: "tasks",
    tag: "views",
    summary: "Retrieve the lists that have a name",
    query: anyQuery,
    refuses: ["unauthenticated"],
    answers: [{ status: 200, about: "All of them", schema: collection }],
    handle: async (call) => {
      mustHave(call.principal, "tasks");
      const { links } = new Caller(call);
      const items = Object.entries(VIEWS).map(([name, { title }]) => ({
        name,
        title,
        href: links.to("self", `/tasks/views/${name}`).href,
      }));
      return { status: 200, body: { ...whole(items), links: [links.to("self", "/tasks/views")] } };
    },
  }),
  route({
    method: "GET",
    path: "/tasks/views/{viewname}",
    id: "retrieve_view",
    scope: "tasks",
    tag: "views",
    summary: "Retrieve the tasks of a list that has a name",
    params: { viewname: { about: "As `/tasks/views` names it.", is: isName } },
    query: listParams,
    renderError: renderErrorOf("VIEW"),
    refuses: ["invalid", "unauthenticated", "not_found"],
    answers: [{ status: 200, about: "A page of them", schema: collection }],
    handle: async (call) => {
      mustHave(call.principal, "tasks");
      const { viewname } = call.params;
      const view = new Map(Object.entries(VIEWS)).get(viewname.toLowerCase());
      if (view === undefined) throw new Refusal("not_found", `There is no view ${viewname}.`);
      const fixed = listParams.parse(view.query);
      const asked = { ...call.query, assignment: fixed.assignment, status: fixed.status };
      return { status: 200, body: await page(call, asked, `/tasks/views/${viewname}`) };
    },
  }),
];

async function page(call: Call<never, unknown, unknown>, asked: ListParams, path: string) {
  const caller = new Caller(call);
  const { links, principal } = caller;
  const { offset } = asked;
  const limit = limitOf(asked);
  const query = worklistQueryOf(asked);
  const { tasks, total } = query === null ? { tasks: [], total: 0 } : await found(caller, query, limit, offset);
  const items: object[] = [];
  for (const task of tasks) items.push(await itemOf(caller, task, asked));
  const hasMore = offset + tasks.length < total;
  return {
    count: items.length,
    hasMore,
    items,
    limit: limit ?? items.length,
    offset,
    totalResult: total,
    ...(!asked.onlyData && {
      links: pageLinks(links, path, call.search(), { offset, size: limit ?? Math.max(1, items.length), hasMore }),
      userLink: links.to("self", `/identities/user/${encodeURIComponent(principal.user)}`),
    }),
  };
}

async function found({ principal, verbs }: Caller, query: WorklistQuery, limit: number | null, offset: number) {
  const wanted = limit ?? ALL_MAX;
  const tasks: Task[] = [];
  for (;;) {
    const size = Math.min(PAGE, wanted - tasks.length);
    const page = await verbs.human.worklist(principal, query, { limit: size, offset: offset + tasks.length });
    tasks.push(...page.tasks);
    if (page.tasks.length === 0 || tasks.length >= wanted || offset + tasks.length >= page.total)
      return { tasks, total: page.total };
  }
}

async function itemOf(caller: Caller, task: Task, asked: ListParams): Promise<object> {
  const { links } = caller;
  const metadataFlag = asked.metadataFlag || asked.metadata;
  if (asked.view === "a2a") return await taskView(caller, task, { expand: new Set(), metadataFlag });
  const work = workStateOf(task);
  const { href, rel, mediaType, length, ...data } = worklistTaskOf(task, caller, {
    tree: await caller.treeOf(task),
    ...(work !== null && { state: WORKLIST_STATE_OF[work] }),
  });
  const actions = asked.showActionFlag || asked.showAcion || metadataFlag ? allowedActions(caller, task) : null;
  const chosen = asked.fields ?? asked.columns;
  return {
    ...(asked.groupBy && { groupByName: asked.groupBy.name, groupByValue: String(data[asked.groupBy.name]) }),
    ...(chosen === undefined ? data : only(data, new Set([...chosen, "number"]))),
    ...(metadataFlag && { detailsURL: links.page("self", task.id) }),
    ...(actions && { actionList: actions }),
    ...(asked.showPermission && { permissions: allowedActions(caller, task).map(({ actionId }) => actionId) }),
    ...(!asked.onlyData && { href, rel, mediaType, length, links: [links.task("self", numberOf(task))] }),
  };
}

function only(data: object, fields: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(data).filter(([field]) => fields.has(field)));
}
