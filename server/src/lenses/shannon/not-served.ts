/** Routes that the wire has and this server has not: their clients are told so in plain words, instead of a 404 that reads like a wrong id. */

const NOT_SERVED: readonly [path: RegExp, what: string][] = [
  [/\/api\/v1\/schedules(\/|$)/, "schedules"],
  [/\/api\/v1\/approvals(\/|$)/, "approval decisions; answer by POST /v1/tasks/{id}/input"],
  [/\/api\/v1\/tasks\/[^/]+\/review$/, "the review of research plans"],
  [/\/api\/v1\/tasks\/[^/]+\/timeline$/, "timelines; GET /api/v1/tasks/{id}/events has what happened"],
  [/\/api\/v1\/swarm(\/|$)/, "messages to a swarm; send them by POST /v1/tasks/{id}/input"],
  [/\/api\/v1\/stream\/ws$/, "events over a WebSocket; GET /api/v1/stream/sse streams them"],
  [/\/v1\/ws(\/|$)/, "messages over a WebSocket"],
  [/\/api\/v1\/agents(\/|$)/, "the list of agents; GET /v1/agents has it"],
  [/\/api\/v1\/tools(\/|$)/, "tools on their own"],
  [/\/api\/v1\/skills(\/|$)/, "skills"],
  [/\/api\/v1\/sessions\/[^/]+\/files(\/|$)/, "files of a session"],
  [/\/api\/v1\/memory(\/|$)/, "files of the memory"],
  [/\/api\/v1\/auth(\/|$)/, "accounts; keys are made by waybill keys create"],
  [/\/api\/v1\/daemon(\/|$)/, "the daemon"],
  [/\/api\/v1\/blobs?(\/|$)/, "blobs"],
  [/\/v1\/chat\/completions$/, "chat completions"],
  [/\/v1\/completions$/, "completions"],
  [/\/v1\/(llm-)?models(\/|$)/, "the list of models"],
];

/** What such a path is for; null where the wire has no such route. */
export function notServed(path: string): string | null {
  return NOT_SERVED.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}
