/** Webhooks of a task, and of all tasks: who is told of events, and what came of it. */
import type { z } from "zod";
import { type PathParam, type Route, route } from "../route.ts";
import { list } from "./schema.ts";
import { wireDelivery, wireWebhook } from "./webhook.ts";
import { type NewWebhook, newWebhookOf, standingBody, WEBHOOK_FORMAT } from "./webhook-body.ts";
import * as wire from "./webhook-schema.ts";
import { newSecret } from "./webhook-secret.ts";

/** Where webhooks are kept: with a task, or with none. `Webhook` stands for it in the ids of the routes. */
type Place = {
  path: string;
  name: "Webhook" | "StandingWebhook";
  params: Readonly<Record<string, PathParam>>;
  one: Readonly<Record<string, PathParam>>;
  body: z.ZodType<NewWebhook>;
  creates: { summary: string; description: string };
  lists: string;
  redrives: string;
};

const OF_TASK: Place = {
  path: "/v1/tasks/{id}/webhooks",
  name: "Webhook",
  params: wire.taskParam,
  one: wire.webhookParams,
  body: wire.createBody,
  creates: {
    summary: "Have an address told of a task's events",
    description:
      "Each event is sent at least once and in order, and again over hours while the receiver does not take it. `invalid` for an address " +
      "that this server may not send to; `conflict` when the task has 10 of yours.",
  },
  lists:
    "Those of the task that are yours, oldest first: 10 at most, and the places of your webhooks of all tasks in it.",
  redrives:
    "From one event on, or from the first that was given up, and all that come after it; a disabled webhook is enabled.",
};

const OF_ALL: Place = {
  path: "/v1/webhooks",
  name: "StandingWebhook",
  params: {},
  one: wire.standingParam,
  body: standingBody,
  creates: {
    summary: "Have an address told of the events of all tasks",
    description:
      "Of those that are submitted from now on and that `tasks` chooses, from their first event on; of each task in order and at least " +
      "once. `invalid` for an address that this server may not send to; `forbidden` for tasks of everybody without the scope " +
      "`tasks:all`; `conflict` when you have 10.",
  },
  lists: "Yours of all tasks, oldest first; there are 10 at most.",
  redrives:
    "Of each task from the first event that was given up, and all that come after it; a disabled webhook is enabled.",
};

const one = { status: 200, about: "The webhook.", schema: wire.webhook } as const;
/** Null where it is of all tasks. */
const taskOf = (params: Readonly<Record<string, string>>) => params["id"] ?? null;
const idOf = (params: Readonly<Record<string, string>>) => params["webhook_id"] ?? "";

export const webhookRoutes: readonly Route[] = [OF_TASK, OF_ALL].flatMap((place) => [
  ...kept(place),
  ...lookedAfter(place),
]);

function kept({ path, name, params, one: ofOne, body, creates, lists }: Place): Route[] {
  return [
    route({
      method: "POST",
      path,
      id: `create${name}`,
      scope: "tasks",
      tag: "Webhooks",
      ...creates,
      params,
      body,
      refuses: ["conflict"],
      answers: [
        { status: 201, about: "The webhook.", schema: wire.webhook, headers: { Location: "URL of the webhook." } },
      ],
      handle: async ({ principal, verbs, params, body }) => {
        const made = await verbs.subscriptions.create(principal, taskOf(params), newWebhookOf(body));
        const location = `${path.replace("{id}", taskOf(params) ?? "")}/${made.id}`;
        return { status: 201, body: wireWebhook(made), headers: { location } };
      },
    }),
    route({
      method: "GET",
      path,
      id: `list${name}s`,
      scope: "tasks",
      tag: "Webhooks",
      summary: name === "Webhook" ? "List a task's webhooks" : "List webhooks of all tasks",
      description: lists,
      params,
      answers: [{ status: 200, about: "All of them.", schema: list(wire.webhook) }],
      handle: async ({ principal, verbs, params }) => {
        const found = await verbs.subscriptions.list(principal, taskOf(params), [WEBHOOK_FORMAT]);
        return { status: 200, body: { data: found.map(wireWebhook) } };
      },
    }),
    route({
      method: "GET",
      path: `${path}/{webhook_id}`,
      id: `get${name}`,
      scope: "tasks",
      tag: "Webhooks",
      summary: "Read a webhook",
      description: "Its secret is never shown. `not_found`.",
      params: ofOne,
      answers: [one],
      handle: async ({ principal, verbs, params }) => ({
        status: 200,
        body: wireWebhook(await verbs.subscriptions.get(principal, taskOf(params), idOf(params))),
      }),
    }),
    route({
      method: "DELETE",
      path: `${path}/{webhook_id}`,
      id: `delete${name}`,
      scope: "tasks",
      tag: "Webhooks",
      summary: "Delete a webhook",
      description: "What is on its way may still arrive. `not_found`.",
      params: ofOne,
      answers: [{ status: 204, about: "Deleted." }],
      handle: async ({ principal, verbs, params }) => {
        await verbs.subscriptions.delete(principal, taskOf(params), idOf(params));
        return { status: 204 };
      },
    }),
  ];
}

function lookedAfter({ path, name, one: ofOne, redrives }: Place): Route[] {
  const common = { scope: "tasks", tag: "Webhooks", params: ofOne } as const;
  return [
    route({
      ...common,
      method: "GET",
      path: `${path}/{webhook_id}/deliveries`,
      id: `list${name === "Webhook" ? "" : "Standing"}Deliveries`,
      summary: "Read what was sent, and what came of it",
      description: "Attempts, newest first; the last 100 are kept, of a webhook of all tasks 1,000. `not_found`.",
      query: wire.deliveriesQuery,
      answers: [{ status: 200, about: "A page.", schema: list(wire.delivery) }],
      handle: async ({ principal, verbs, params, query: { limit, before } }) => {
        const page = { limit, ...(before !== undefined && { before }) };
        const found = await verbs.subscriptions.deliveries(principal, taskOf(params), idOf(params), page);
        return { status: 200, body: { data: found.map(wireDelivery) } };
      },
    }),
    route({
      ...common,
      method: "POST",
      path: `${path}/{webhook_id}/redrive`,
      id: `redrive${name}`,
      summary: "Send events again",
      description: `${redrives} \`invalid\` for an event that there is not yet; \`not_found\`; \`conflict\` when it was being told meanwhile.`,
      body: wire.redriveBody,
      refuses: ["conflict"],
      answers: [one],
      handle: async ({ principal, verbs, params, body }) => ({
        status: 200,
        body: wireWebhook(await verbs.subscriptions.redrive(principal, taskOf(params), idOf(params), body.from)),
      }),
    }),
    route({
      ...common,
      method: "POST",
      path: `${path}/{webhook_id}/enable`,
      id: `enable${name}`,
      summary: "Enable a webhook that was disabled",
      description: "It goes on with what it has not told. `not_found`; `conflict` when it was being told meanwhile.",
      refuses: ["conflict"],
      answers: [one],
      handle: async ({ principal, verbs, params }) => ({
        status: 200,
        body: wireWebhook(await verbs.subscriptions.enable(principal, taskOf(params), idOf(params))),
      }),
    }),
    route({
      ...common,
      method: "POST",
      path: `${path}/{webhook_id}/rotate`,
      id: `rotate${name}`,
      summary: "Sign with another secret",
      description:
        "For a while what is sent has both signatures, so that receivers can take the new secret when they like. `not_found`; " +
        "`conflict` when it was being told meanwhile.",
      body: wire.rotateBody,
      refuses: ["conflict"],
      answers: [{ status: 200, about: "The webhook, and its secret.", schema: wire.rotated }],
      handle: async ({ principal, verbs, params, body: { secret = newSecret(), overlap_s } }) => {
        const to = { secret, overlapMs: overlap_s * 1_000 };
        const webhook = await verbs.subscriptions.rotate(principal, taskOf(params), idOf(params), to);
        return { status: 200, body: { webhook: wireWebhook(webhook), secret } };
      },
    }),
    route({
      ...common,
      method: "POST",
      path: `${path}/{webhook_id}/test`,
      id: `test${name}`,
      summary: "Try a webhook",
      description: "Sends a `webhook.test` once, signed as events are, and says what came of it. `not_found`.",
      answers: [{ status: 200, about: "What came of it, whatever that is.", schema: wire.trial }],
      handle: async ({ principal, verbs, params }) => {
        const { status, error, ms } = await verbs.subscriptions.try(principal, taskOf(params), idOf(params));
        return { status: 200, body: { delivered: error === null, status, error, duration_ms: ms } };
      },
    }),
  ];
}
