/** Many files on their way to a server, some at once, and how far each is. */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isKnownEvent, type StoredFile, type UploadOptions, type Waybill, WaybillError } from "@waybill/sdk";
import { LiveView } from "./terminal/live-view.ts";
import type { Screen } from "./terminal/terminal.ts";
import { cutToWidth, onOneLine } from "./terminal/text-width.ts";

const BAR_CELLS = 24;

export type Uploaded = { path: string; file: StoredFile | null; failure: string | null };

type Progress = { path: string; fraction: number; says: string };
type Report = (fraction: number, says: string) => void;

/** In the order of `paths`. A file that fails costs the others nothing. */
export async function uploadAll(
  client: Waybill,
  paths: readonly string[],
  { options, atOnce, talk }: { options: UploadOptions; atOnce: number; talk: Screen },
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
      const uploaded = await uploadOne(client, path, options, report);
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

const DISK: Readonly<Record<string, string>> = {
  ENOENT: "There is no such file.",
  EACCES: "You may not read it.",
  EPERM: "You may not read it.",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ("code" in error && DISK[String(error.code)]) || error.message;
}

/** The bytes go from the disk as they are read. */
async function uploadOne(client: Waybill, path: string, options: UploadOptions, report: Report): Promise<Uploaded> {
  try {
    report(0, "uploading");
    if (!(await stat(path)).isFile()) return { path, file: null, failure: "It is no file." };
    const sent = await client.files.upload(await openAsBlob(path), { ...options, filename: basename(path) });
    if (sent.task_id !== null) await followed(client, sent.task_id, report);
    const file = await client.files.get(sent.id);
    return { path, file, failure: file.status === "processed" ? null : (file.error ?? "It was not read.") };
  } catch (error) {
    if (error instanceof WaybillError && (error.code === "connection" || error.code === "unauthenticated")) throw error;
    return { path, file: null, failure: reasonOf(error) };
  }
}

/** Until the task has ended. */
async function followed(client: Waybill, id: string, report: Report): Promise<void> {
  report(0, "reading");
  for await (const event of client.task(id).stream())
    if (isKnownEvent(event) && event.type === "task.progress") report(event.data.fraction, "reading");
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
