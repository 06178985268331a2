/** Many files on their way to a server, some at once, and how far each is. */
import { stat } from "node:fs/promises";
import { WaybillError } from "@waybill/sdk";
import type { DocumentsApi, FileTask, StoredFile } from "./documents-api.ts";
import { LiveView } from "./terminal/live-view.ts";
import type { Screen } from "./terminal/terminal.ts";
import { cutToWidth, onOneLine } from "./terminal/text-width.ts";

const POLL_MS = 300;
const BAR_CELLS = 24;

export type Uploaded = { path: string; file: StoredFile | null; failure: string | null };

type Progress = { path: string; fraction: number; says: string };

/** In the order of `paths`. A file that fails costs the others nothing. */
export async function uploadAll(
  api: DocumentsApi,
  paths: readonly string[],
  { fields, atOnce, talk }: { fields: Readonly<Record<string, string>>; atOnce: number; talk: Screen },
): Promise<Uploaded[]> {
  const underWay = new Map<string, Progress>();
  const done: Uploaded[] = [];
  const view = talk.live ? new LiveView(talk) : null;
  const draw = () => view?.draw(linesOf(underWay, done.length, paths.length, talk));
  const waiting = paths.entries();
  const results = new Map<number, Uploaded>();
  const work = async () => {
    for (const [at, path] of waiting) {
      const report = (fraction: number, says: string) => {
        underWay.set(path, { path, fraction, says });
        draw();
      };
      const uploaded = await uploadOne(api, path, fields, report);
      underWay.delete(path);
      done.push(uploaded);
      results.set(at, uploaded);
      draw();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, paths.length) }, work));
  } finally {
    view?.close();
  }
  return paths.flatMap((_, at) => results.get(at) ?? []);
}

async function uploadOne(
  api: DocumentsApi,
  path: string,
  fields: Readonly<Record<string, string>>,
  report: (fraction: number, says: string) => void,
): Promise<Uploaded> {
  try {
    report(0, "uploading");
    if (!(await stat(path)).isFile()) return { path, file: null, failure: "It is no file." };
    const sent = await api.upload(path, fields);
    const task = await ended(api, sent.task_id, (fraction) => report(fraction, "reading"));
    const file = await api.file(sent.id);
    return { path, file, failure: task.failure_reason ?? (task.status === "completed" ? null : task.status) };
  } catch (error) {
    if (error instanceof WaybillError && (error.code === "connection" || error.code === "unauthenticated")) throw error;
    return { path, file: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

export async function ended(api: DocumentsApi, id: string, report: (fraction: number) => void): Promise<FileTask> {
  for (;;) {
    const task = await api.task(id);
    report(task.progress);
    if (task.status !== "pending" && task.status !== "in_progress") return task;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function linesOf(underWay: ReadonlyMap<string, Progress>, done: number, all: number, screen: Screen): string[] {
  const sum = [...underWay.values()].reduce((total, { fraction }) => total + fraction, done);
  return [
    `${barOf(all === 0 ? 1 : sum / all, screen)}  ${done} of ${all}`,
    ...[...underWay.values()].map(({ path, fraction, says }) => {
      const text = `  ${says} ${Math.round(fraction * 100)} %  ${onOneLine(path)}`;
      return cutToWidth(text, Math.max(20, screen.columns()));
    }),
  ];
}

function barOf(fraction: number, screen: Screen): string {
  const filled = Math.round(Math.min(1, fraction) * BAR_CELLS);
  return screen.style("cyan", "█".repeat(filled)) + screen.style("dim", "░".repeat(BAR_CELLS - filled));
}
