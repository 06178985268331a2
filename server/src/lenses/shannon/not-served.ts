/**
 * Routes that the wire has and this server has not: their clients are told so in plain words, instead of a 404 that reads
 * like a wrong id.
 */

const NOT_SERVED: readonly [path: RegExp, what: string, instead?: string][] = [
  [/\/api\/v1\/schedules(\/|$)/, "schedules"],
  [/\/api\/v1\/approvals(\/|$)/, "approval decisions", "Answer by POST /v1/tasks/{id}/input of the main port."],
  [/\/api\/v1\/tasks\/[^/]+\/review$/, "the review of research plans"],
  [/\/api\/v1\/tasks\/[^/]+\/timeline$/, "timelines", "GET /api/v1/tasks/{id}/events has what happened."],
  [/\/api\/v1\/swarm(\/|$)/, "messages to a swarm", "A new task of the same session_id knows what was said in it."],
  [/\/api\/v1\/stream\/ws$/, "events over a WebSocket", "GET /api/v1/stream/sse streams them."],
  [/\/v1\/ws(\/|$)/, "messages over a WebSocket"],
  [/\/api\/v1\/agents(\/|$)/, "agents on their own", "GET /v1/agents of the main port lists them."],
  [/\/api\/v1\/tools(\/|$)/, "tools on their own"],
  [/\/api\/v1\/skills(\/|$)/, "skills"],
  [/\/api\/v1\/sessions\/[^/]+\/files(\/|$)/, "files of a session"],
  [/\/api\/v1\/memory(\/|$)/, "files of the memory"],
  [/\/api\/v1\/auth(\/|$)/, "accounts", "Keys are made by waybill keys create."],
  [/\/api\/v1\/daemon(\/|$)/, "the daemon"],
  [/\/api\/v1\/blobs?(\/|$)/, "blobs"],
  [/\/metrics$/, "metrics on this port", "GET /metrics of the main port has them."],
  [/\/v1\/chat\/completions$/, "chat completions"],
  [/\/v1\/completions$/, "completions"],
  [/\/v1\/(llm-)?models(\/|$)/, "the list of models"],
];

/** What is said of such a path; null where the wire has no such route. */
export function notServed(path: string): string | null {
  const [, what, instead] = NOT_SERVED.find(([pattern]) => pattern.test(path)) ?? [];
  if (what === undefined) return null;
  return `Not implemented: Waybill does not serve ${what} yet${instead === undefined ? "" : `. ${instead}`}`;
}

/** Routes that OpenAI's clients ask, which look for the error in an object. */
export function isOpenai(path: string): boolean {
  return /(^|\/)v1\/((chat\/)?completions|models)(\/|$)/.test(path) && !path.includes("/api/v1/");
}
