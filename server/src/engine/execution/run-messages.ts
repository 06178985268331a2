/**
 * What a run that is in a process of its own and its engine tell each other. Both ends are this same code, started
 * by it: what comes is what these types say, and is not checked.
 */
import type { InboxItem, JournalEntry } from "../../store/store.ts";
import type { ArtifactSize } from "../../task/artifact.ts";
import type { ErrorCode, RefusalDetail } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { Failure, Task, Wait } from "../../task/task.ts";
import type { LogLine } from "../../task/text/log-line.ts";
import type { AttemptPort, AttemptWrite, ChildSubmission, EndedTry, RunEnd } from "./attempt-port.ts";
import type { Place } from "./current-place.ts";

/** The verbs of the port that are asked over the channel as they are. */
export type PortVerb = Exclude<
  keyof AttemptPort,
  "clock" | "life" | "random" | "child" | "childRefused" | "failingAtRest"
>;

/** `run` is the number of the run in its process, `call` that of a question that wants an answer. */
export type ToProcess =
  | {
      do: "begin";
      run: number;
      task: Task;
      journal: readonly JournalEntry[];
      inbox: readonly InboxItem[];
      artifacts: readonly ArtifactSize[];
      /** What the port's `childRefused` says. */
      childRefused: Failure | null;
    }
  | { do: "pause" | "resume"; run: number }
  /** Whether its thread still comes to what it is told: it says the same. */
  | { do: "beat" }
  | { do: "cutOff"; run: number; reason: string }
  | { do: "refill"; run: number; items: readonly InboxItem[]; waits: readonly Wait[] }
  | { do: "answer"; call: number; result: unknown }
  | { do: "refuse"; call: number; refusal: { code: ErrorCode; detail: RefusalDetail } | null; message: string };

export type FromProcess =
  | { do: "ask"; run: number; call: number; verb: PortVerb; given: readonly unknown[] }
  /** The port's `child`, where the id is known and so what commits with it. */
  | { do: "child"; run: number; call: number; id: TaskId; wanted: ChildSubmission; write: AttemptWrite }
  /** A task as it is, by its id. */
  | { do: "find"; run: number; call: number; id: TaskId }
  /** What handlers ask of something that only their server has. */
  | { do: "lookUp"; call: number; name: string; given: readonly unknown[] }
  | { do: "stepBegins"; run: number; call: number; step: string }
  | { do: "stepEnded"; run: number; step: string; ms: number | null; tried?: EndedTry | undefined }
  | { do: "said"; run: number; line: LogLine }
  | { do: "report"; run: number; message: string; error: string }
  | { do: "warn"; run: number; message: string; error: string }
  | { do: "ended"; run: number; end: RunEnd }
  | { do: "beat" }
  /** The last words of the process. */
  | { do: "dying"; said: string; culprit: Place | null };

/** Answers what a handler asks by name. */
export type LookUp = (name: string, given: readonly unknown[]) => Promise<unknown>;

/** One end of the line between two processes. */
export type RunChannel<Sent, Received> = {
  /** Goes nowhere when the other end is gone. */
  send: (message: Sent) => void;
  receive: (listener: (message: Received) => void) => void;
};
