import type { Delivery, RotatedWebhook, StandingWebhook, Trial, Webhook, WebhookOfTask } from "./generated/api.ts";
import { type CallOptions, perform } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type DeliveriesOptions = CallOptions & {
  limit?: number;
  /** `n` of the oldest entry of the page before. */
  before?: number;
};

export type RotateOptions = CallOptions & {
  /** The server makes one when absent. */
  secret?: string;
  /** How long what is sent is signed with the secret before as well; a day when absent. */
  overlapS?: number;
};

/** Addresses that are told what happens: to all tasks (`waybill.webhooks`), or to one (`waybill.task(id).webhooks`). */
export class WebhooksClient<New extends StandingWebhook | WebhookOfTask> {
  readonly #transport: Transport;
  readonly #task: string | null;

  constructor(transport: Transport, task: string | null) {
    this.#transport = transport;
    this.#task = task;
  }

  /** Not tried again by itself: that could make a second one. */
  create(webhook: New, options: CallOptions = {}): Promise<Webhook> {
    const id = this.#task;
    if (id === null) return perform(this.#transport, "createStandingWebhook", { body: webhook }, options);
    return perform(this.#transport, "createWebhook", { params: { id }, body: webhook }, options);
  }

  /** Oldest first. */
  async list(options: CallOptions = {}): Promise<Webhook[]> {
    const id = this.#task;
    if (id === null) return (await perform(this.#transport, "listStandingWebhooks", {}, options)).data;
    return (await perform(this.#transport, "listWebhooks", { params: { id } }, options)).data;
  }

  /** Rejects with `not_found` when there is none. */
  get(webhook: string, options: CallOptions = {}): Promise<Webhook> {
    const { of, id } = this.#at(webhook);
    if (id === null) return perform(this.#transport, "getStandingWebhook", of, options);
    return perform(this.#transport, "getWebhook", { params: { ...of.params, id } }, options);
  }

  /** What is on its way may still arrive. */
  async delete(webhook: string, options: CallOptions = {}): Promise<void> {
    const { of, id } = this.#at(webhook);
    if (id === null) await perform(this.#transport, "deleteStandingWebhook", of, options);
    else await perform(this.#transport, "deleteWebhook", { params: { ...of.params, id } }, options);
  }

  /** What was sent and what came of it, newest first. */
  async deliveries(webhook: string, { limit, before, ...options }: DeliveriesOptions = {}): Promise<Delivery[]> {
    const { of, id } = this.#at(webhook);
    const query = { ...(limit !== undefined && { limit }), ...(before !== undefined && { before }) };
    if (id === null) return (await perform(this.#transport, "listStandingDeliveries", { ...of, query }, options)).data;
    return (await perform(this.#transport, "listDeliveries", { params: { ...of.params, id }, query }, options)).data;
  }

  /** Sends again: from event `from` of its task on, or from the first that was given up. */
  redrive(webhook: string, { from, ...options }: CallOptions & { from?: number } = {}): Promise<Webhook> {
    const { of, id } = this.#at(webhook);
    const body = from === undefined ? {} : { from };
    if (id === null) return perform(this.#transport, "redriveStandingWebhook", { ...of, body }, options);
    return perform(this.#transport, "redriveWebhook", { params: { ...of.params, id }, body }, options);
  }

  /** It goes on with what it has not told. */
  enable(webhook: string, options: CallOptions = {}): Promise<Webhook> {
    const { of, id } = this.#at(webhook);
    if (id === null) return perform(this.#transport, "enableStandingWebhook", of, options);
    return perform(this.#transport, "enableWebhook", { params: { ...of.params, id } }, options);
  }

  /** It signs with another secret, which is shown this once. Not tried again by itself. */
  rotate(webhook: string, { secret, overlapS, ...options }: RotateOptions = {}): Promise<RotatedWebhook> {
    const { of, id } = this.#at(webhook);
    const body = { ...(secret !== undefined && { secret }), ...(overlapS !== undefined && { overlap_s: overlapS }) };
    if (id === null) return perform(this.#transport, "rotateStandingWebhook", { ...of, body }, options);
    return perform(this.#transport, "rotateWebhook", { params: { ...of.params, id }, body }, options);
  }

  /** Sends a `webhook.test` once, and says what came of it. */
  test(webhook: string, options: CallOptions = {}): Promise<Trial> {
    const { of, id } = this.#at(webhook);
    if (id === null) return perform(this.#transport, "testStandingWebhook", of, options);
    return perform(this.#transport, "testWebhook", { params: { ...of.params, id } }, options);
  }

  #at(webhook: string) {
    return { of: { params: { webhook_id: webhook } }, id: this.#task };
  }
}
