/** Whom a task's events are pushed to: made, read and removed by clients. */
import { Refusal } from "../../../task/errors.ts";
import { isTerminal } from "../../../task/states.ts";
import { InvalidParams } from "../faults.ts";
import type { PushConfigView } from "../model/view.ts";
import { type Exchange, operation } from "../operation.ts";
import { configView, FORMATS, mustPush, subscriptionOf } from "../push/config.ts";

const CONFIGS = "/tasks/{taskId}/pushNotificationConfigs";
const CONFIG = `${CONFIGS}/{id}`;

export const pushCreate = operation({
  name: "pushCreate",
  summary: "Have a task's events pushed to an address",
  methods: { "1.0": "CreateTaskPushNotificationConfig", "0.3": "tasks/pushNotificationConfig/set" },
  paths: [{ method: "POST", path: CONFIGS }],
  run: async (exchange, { taskId, config }) => {
    const { verbs, principal, dialect } = exchange;
    mustPush(exchange);
    const task = await verbs.tasks.get(principal, taskId);
    const made = await verbs.subscriptions.create(principal, task.id, {
      ...subscriptionOf(exchange, config),
      // What it has come to already is told too: nothing may come after it.
      announces: isTerminal(task.state) || task.state === "input_required",
    });
    // As it was given: this once.
    const { token, authentication } = config;
    const echo = { ...(token !== undefined && { token }), ...(authentication !== undefined && { authentication }) };
    return { result: dialect.codec.write.pushConfig({ ...configView(made), ...echo }) };
  },
});

export const pushGet = operation({
  name: "pushGet",
  summary: "Read a push configuration",
  methods: { "1.0": "GetTaskPushNotificationConfig", "0.3": "tasks/pushNotificationConfig/get" },
  paths: [{ method: "GET", path: CONFIG }],
  run: async (exchange, { taskId, id }) => {
    const all = await configs(exchange, taskId);
    const named = all.find((config) => config.id === id);
    const found = named ?? (id === null || isFirst(exchange, id) ? all[0] : undefined);
    if (!found) throw new Refusal("not_found", "Push configuration not found");
    return { result: exchange.dialect.codec.write.pushConfig(found) };
  },
});

export const pushList = operation({
  name: "pushList",
  summary: "List a task's push configurations",
  methods: { "1.0": "ListTaskPushNotificationConfigs", "0.3": "tasks/pushNotificationConfig/list" },
  paths: [{ method: "GET", path: CONFIGS }],
  run: async (exchange, { taskId, pageSize, pageToken }) => {
    const { page, next } = pageOf(await configs(exchange, taskId), pageSize, pageToken);
    return { result: exchange.dialect.codec.write.pushConfigs(page, next) };
  },
});

export const pushDelete = operation({
  name: "pushDelete",
  summary: "Delete a push configuration, if there is one",
  methods: { "1.0": "DeleteTaskPushNotificationConfig", "0.3": "tasks/pushNotificationConfig/delete" },
  paths: [{ method: "DELETE", path: CONFIG }],
  run: async (exchange, { taskId, id }) => {
    const { verbs, principal, dialect } = exchange;
    if ((await configs(exchange, taskId)).some((config) => config.id === id))
      await verbs.subscriptions.delete(principal, taskId, id);
    return { result: dialect.codec.write.pushDeleted };
  },
});

/** There are so few that all are one page, unless its client wants less. */
function pageOf(
  all: readonly PushConfigView[],
  size: number | null,
  token: string,
): { page: readonly PushConfigView[]; next: string } {
  const from = token === "" ? 0 : all.findIndex(({ id }) => tokenOf(id) === token) + 1;
  if (token !== "" && from === 0) {
    throw new InvalidParams([{ field: "pageToken", description: "is none that a page has given" }]);
  }
  const page = all.slice(from, size === null ? undefined : from + size);
  const last = page.at(-1);
  return { page, next: last === undefined || last === all.at(-1) ? "" : tokenOf(last.id) };
}

function tokenOf(id: string): string {
  return Buffer.from(id).toString("base64url");
}

/** What clients of 0.3 call the configuration whose id they have not heard: its kit does. */
function isFirst({ dialect }: Exchange, id: string): boolean {
  return dialect.version === "0.3" && id === "default";
}

/** The caller's, of both versions. */
async function configs({ verbs, principal, agent }: Exchange, taskId: string): Promise<PushConfigView[]> {
  mustPush({ agent });
  return (await verbs.subscriptions.list(principal, taskId, FORMATS)).map(configView);
}
