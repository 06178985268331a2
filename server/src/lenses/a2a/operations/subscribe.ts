/** Follows a task that is under way, at any time: a snapshot, then whatever happens to it. */
import { Refusal } from "../../../task/errors.ts";
import { isTerminal } from "../../../task/states.ts";
import type { Task } from "../../../task/task.ts";
import { ProtocolRefusal } from "../faults.ts";
import { type Exchange, type Operation, type Outcome, operation } from "../operation.ts";
import { FrameWriter, type Resumption, resumptionOf } from "../stream/frames.ts";
import { type StreamedTask, taskStream } from "../stream/task-stream.ts";
import { taskView } from "../view/task.ts";

const plain = operation({
  name: "subscribe",
  summary: "Follow a task",
  methods: { "1.0": "SubscribeToTask", "0.3": "tasks/resubscribe" },
  paths: [
    { method: "GET", path: "/tasks/{id}:subscribe" },
    { method: "POST", path: "/tasks/{id}:subscribe" },
  ],
  run: async (exchange, { id }) => {
    const { principal, verbs, headers } = exchange;
    const task = await verbs.tasks.get(principal, id);
    const after = resumptionOf(headers["last-event-id"]);
    if (isTerminal(task.state) && !isBefore(after, task)) {
      throw new ProtocolRefusal("unsupportedOperation", "The task has ended: there is nothing to follow.");
    }
    const { contextId, history, metadata } = await taskView(exchange, task, { historyLength: null, artifacts: false });
    const stream = taskStream(exchange, {
      task,
      contextId,
      shown: { ...(history !== undefined && { history }), ...(metadata !== undefined && { metadata }) },
      from: fromOf(after, task),
      closesAtQuestion: false,
      mayAnswerAlone: false,
    });
    return { answer: { stream } };
  },
});

export const subscribe: Operation = {
  ...plain,
  perform: async (exchange, params) => {
    try {
      return await plain.perform(exchange, params);
    } catch (error) {
      if (!(error instanceof Refusal) || !wantsEvents(exchange)) throw error;
      return refusedAsEvent(exchange, error);
    }
  },
};

/** Whoever had a part of a snapshot takes the same one again. */
function fromOf(after: Resumption | null, { lastSeq }: Task): StreamedTask["from"] {
  if (after === null || after.seq > lastSeq) return { snapshot: lastSeq };
  return after.inSnapshot ? { snapshot: after.seq } : { after };
}

/** Whoever has not seen the end of a task may still read to it. */
function isBefore(after: Resumption | null, { lastSeq }: Task): boolean {
  return after !== null && (after.seq < lastSeq || (after.seq === lastSeq && after.part !== null));
}

/** Clients of 0.3 over JSON-RPC take nothing but events here, also for a refusal. */
function wantsEvents({ dialect: { binding, version } }: Exchange): boolean {
  return binding === "JSONRPC" && version === "0.3";
}

function refusedAsEvent({ dialect, rpcId }: Exchange, refusal: Refusal): Outcome {
  const frame = new FrameWriter(dialect, rpcId).ofProblem(refusal, rpcId);
  const stream = {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    opening: "",
    heartbeat: "",
    heartbeatMs: Number.POSITIVE_INFINITY,
    frames: async function* () {
      yield frame;
    },
  };
  return { answer: { stream } };
}
