/** Webhooks of a task: who is told of its events, and what came of it. */
import { type Route, route } from "../route.ts";
import { list } from "./schema.ts";
import { wireDelivery, wireWebhook } from "./webhook.ts";
import { newWebhookOf, WEBHOOK_FORMAT } from "./webhook-body.ts";
import * as wire from "./webhook-schema.ts";

const PATH = "/v1/tasks/{id}/webhooks";
const ONE = `${PATH}/{webhook_id}` as const;
const one = { status: 200, about: "The webhook.", schema: wire.webhook } as const;

export const webhookRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: PATH,
    id: "createWebhook",
    tag: "Webhooks",
    summary: "Have an address told of a task's events",
    description:
      "Each event is sent at least once and in order, and again over hours while the receiver does not take it. `invalid` for an address " +
      "that this server may not send to; `rate_limited` when the task has 10 of yours.",
    params: wire.taskParam,
    body: wire.createBody,
    refuses: ["rate_limited"],
    answers: [
      { status: 201, about: "The webhook.", schema: wire.webhook, headers: { Location: "URL of the webhook." } },
    ],
    handle: async ({ principal, verbs, params, body }) => {
      const made = await verbs.subscriptions.create(principal, params.id, newWebhookOf(body));
      return {
        status: 201,
        body: wireWebhook(made),
        headers: { location: `/v1/tasks/${params.id}/webhooks/${made.id}` },
      };
    },
  }),
  route({
    method: "GET",
    path: PATH,
    id: "listWebhooks",
    tag: "Webhooks",
    summary: "List a task's webhooks",
    description: "Yours, oldest first; there are 10 at most.",
    params: wire.taskParam,
    answers: [{ status: 200, about: "All of them.", schema: list(wire.webhook) }],
    handle: async ({ principal, verbs, params }) => {
      const found = await verbs.subscriptions.list(principal, params.id, [WEBHOOK_FORMAT]);
      return { status: 200, body: { data: found.map(wireWebhook) } };
    },
  }),
  route({
    method: "GET",
    path: ONE,
    id: "getWebhook",
    tag: "Webhooks",
    summary: "Read a webhook",
    description: "Its secret is never shown. `not_found`.",
    params: wire.webhookParams,
    answers: [one],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireWebhook(await verbs.subscriptions.get(principal, params.id, params.webhook_id)),
    }),
  }),
  route({
    method: "DELETE",
    path: ONE,
    id: "deleteWebhook",
    tag: "Webhooks",
    summary: "Delete a webhook",
    description: "What is on its way may still arrive. `not_found`.",
    params: wire.webhookParams,
    answers: [{ status: 204, about: "Deleted." }],
    handle: async ({ principal, verbs, params }) => {
      await verbs.subscriptions.delete(principal, params.id, params.webhook_id);
      return { status: 204 };
    },
  }),
  route({
    method: "GET",
    path: `${ONE}/deliveries`,
    id: "listDeliveries",
    tag: "Webhooks",
    summary: "Read what was sent, and what came of it",
    description: "Attempts, newest first; the last 100 are kept. `not_found`.",
    params: wire.webhookParams,
    query: wire.deliveriesQuery,
    answers: [{ status: 200, about: "A page.", schema: list(wire.delivery) }],
    handle: async ({ principal, verbs, params, query: { limit, before } }) => {
      const page = { limit, ...(before !== undefined && { before }) };
      const found = await verbs.subscriptions.deliveries(principal, params.id, params.webhook_id, page);
      return { status: 200, body: { data: found.map(wireDelivery) } };
    },
  }),
  route({
    method: "POST",
    path: `${ONE}/redrive`,
    id: "redriveWebhook",
    tag: "Webhooks",
    summary: "Send events again",
    description:
      "From one event on, or from the first that was given up, and all that come after it; a disabled webhook is " +
      "enabled. `invalid` for an event that there is not yet; `not_found`; `conflict` when it was being told meanwhile.",
    params: wire.webhookParams,
    body: wire.redriveBody,
    refuses: ["conflict"],
    answers: [one],
    handle: async ({ principal, verbs, params, body }) => ({
      status: 200,
      body: wireWebhook(await verbs.subscriptions.redrive(principal, params.id, params.webhook_id, body.from)),
    }),
  }),
  route({
    method: "POST",
    path: `${ONE}/enable`,
    id: "enableWebhook",
    tag: "Webhooks",
    summary: "Enable a webhook that was disabled",
    description: "It goes on with what it has not told. `not_found`; `conflict` when it was being told meanwhile.",
    params: wire.webhookParams,
    refuses: ["conflict"],
    answers: [one],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireWebhook(await verbs.subscriptions.enable(principal, params.id, params.webhook_id)),
    }),
  }),
];
