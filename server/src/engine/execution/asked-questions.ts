/** The questions that a run has asked, each until its answer has come or its time is over. */
import type { InboxItem } from "../../store/store.ts";
import type { OpenQuestion } from "../../task/people/questions.ts";
import type { Wait } from "../../task/task.ts";
import type { Asked, Inbox } from "./inbox.ts";

type Asking = { question: OpenQuestion; settle: (answer: InboxItem | null) => void };

export class AskedQuestions {
  #open: Map<string, Asking> | undefined;
  readonly #inbox: Inbox;
  readonly #takeAnswer: (question: Asked) => Promise<InboxItem | undefined>;
  readonly #settled: (key: string) => void;

  /** `takeAnswer` takes what answers a question out of the inbox, also what came before it; `settled` hears of each one's end. */
  constructor(
    inbox: Inbox,
    takeAnswer: (question: Asked) => Promise<InboxItem | undefined>,
    settled: (key: string) => void,
  ) {
    this.#inbox = inbox;
    this.#takeAnswer = takeAnswer;
    this.#settled = settled;
  }

  /** Resolves with the answer, or with null when its time is over; not at all when the run ends before. */
  ask(question: OpenQuestion): Promise<InboxItem | null> {
    const { promise, resolve } = Promise.withResolvers<InboxItem | null>();
    this.#open ??= new Map();
    this.#open.set(question.key, { question, settle: resolve });
    this.#hear(question, false);
    return promise;
  }

  /** Looks into the inbox for each; `waits` are those that the task still has. */
  refill(waits: readonly Wait[], now: number): void {
    for (const { question } of [...(this.#open?.values() ?? [])]) {
      const { key, until } = question;
      this.#hear(question, until !== null && until <= now && !waits.some((wait) => wait.key === key));
    }
  }

  clear(): void {
    this.#open?.clear();
  }

  #hear(question: OpenQuestion, isOver: boolean): void {
    const { key } = question;
    const item = this.#inbox.takeOwn(question);
    if (item || isOver) {
      this.#settle(key, item ?? null);
      return;
    }
    // What came before it was asked may reach the run only now.
    void this.#takeAnswer(question).then((early) => {
      if (!early) return;
      if (this.#open?.has(key)) this.#settle(key, early);
      // While it was judged, another answer came: it is there for the next question.
      else this.#inbox.putBack(early);
    });
  }

  #settle(key: string, item: InboxItem | null): void {
    const asking = this.#open?.get(key);
    this.#open?.delete(key);
    this.#settled(key);
    asking?.settle(item);
  }
}
