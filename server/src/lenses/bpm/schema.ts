/** Schemas of this wire: queries and answers. */
import { z } from "zod";
import { json, jsonObject } from "../../task/json/json.ts";
import { named } from "../openapi.ts";
import { FIELDS, type Field } from "./links.ts";
import { collection } from "./page.ts";
import { STATUSES, WORKLIST_STATES } from "./vocabulary.ts";

const text = z.string();
const whole = z.int();
const anyObject = jsonObject.meta({ wire: { type: "object" } });

const link = named(
  z.strictObject({
    rel: text,
    href: z.url(),
    length: whole,
    hreflang: text.optional(),
    mediaType: text.optional(),
    linkId: text.optional(),
  }),
  "Link",
);

const wirePart = named(
  z.strictObject({ kind: z.literal("text"), metadata: anyObject.optional(), text, type: z.literal("text") }),
  "TextPart",
);
export type WirePart = z.infer<typeof wirePart>;

const wireArtifact = named(
  z.strictObject({
    append: z.boolean(),
    artifactId: text,
    description: text.optional(),
    lastChunk: z.boolean(),
    metadata: anyObject.optional(),
    name: text.optional(),
    parts: z.array(wirePart),
  }),
  "Artifact",
);
export type WireArtifact = z.infer<typeof wireArtifact>;

const wireMessage = named(
  z.strictObject({
    contextId: text,
    kind: z.literal("message"),
    messageId: text,
    metadata: anyObject.optional(),
    parts: z.array(wirePart),
    role: z.enum(["user", "agent"]),
    taskId: text,
  }),
  "Message",
);
export type WireMessage = z.infer<typeof wireMessage>;

const scope = z.enum(["TASK", "BPM", "PARENT_TASK"]);

const wireComment = named(
  z.strictObject({
    commentStr: text,
    updatedBy: text,
    userId: text,
    updatedDate: text,
    commentScope: scope,
    links: z.array(link).optional(),
  }),
  "Comment",
);
export type WireComment = z.infer<typeof wireComment>;

export const wireAttachment = named(
  z.strictObject({
    attachmentName: text,
    attachmentScope: scope,
    attachmentSize: whole,
    mimeType: text,
    title: text,
    updatedBy: text,
    updatedDate: text,
    userId: text,
    uri: link,
    links: z.array(link),
  }),
  "Attachment",
);
export type WireAttachment = z.infer<typeof wireAttachment>;

const wireHistoryEntry = named(
  z.strictObject({
    actionName: text,
    displayName: text,
    userId: text,
    pattern: text.optional(),
    reason: text.optional(),
    state: text,
    updatedDate: text,
    infoRequestedFrom: text.optional(),
    infoSubmittedTo: text.optional(),
    attachmentUri: text.optional(),
  }),
  "HistoryEntry",
);
export type WireHistoryEntry = z.infer<typeof wireHistoryEntry>;

const levels = z.union([z.literal(0), z.literal(1)]);
const links = z.array(link);
export const commentsAnswer = z.strictObject({ levels, links, comment: z.array(wireComment).optional() });
export const attachmentsAnswer = z.strictObject({ levels, links, attachment: z.array(wireAttachment).optional() });
/** The same as a page of a list has its items. */
export const attachmentsPage = attachmentsAnswer.extend(collection.shape);
export const historyAnswer = z.strictObject({ levels, links, taskHistory: z.array(wireHistoryEntry).optional() });

const assignee = z.strictObject({ id: text, type: z.enum(["user", "group", "role"]) });
const action = z.strictObject({
  actionId: text,
  actionType: z.enum(["System", "Custom"]),
  title: text,
  length: whole.optional(),
});
export type WireAction = z.infer<typeof action>;

const worklistFields = {
  number: whole,
  taskId: text,
  title: text,
  titlePrefix: text.optional(),
  state: z.enum(WORKLIST_STATES),
  outcome: text.optional(),
  priority: whole,
  category: text.optional(),
  assignees: z.strictObject({ totalResult: whole, hasMore: z.boolean(), items: z.array(assignee) }),
  ownerUser: text.optional(),
  ownerGroup: text.optional(),
  ownerRole: text.optional(),
  createdBy: text,
  createdDate: text,
  updatedDate: text,
  fromUserName: text.optional(),
  fromUserDisplayName: text.optional(),
  assignedDate: text.optional(),
  startDate: text.optional(),
  dueDate: text.optional(),
  expirationDate: text.optional(),
  approvalDuration: whole.optional(),
  taskDefinitionName: text,
  taskNamespace: text.optional(),
  applicationName: text.optional(),
  applicationContext: text.optional(),
  identificationKey: text.optional(),
  rootTaskNumber: whole,
  hasSubTasksFlag: z.boolean().optional(),
  groupByName: text.optional(),
  groupByValue: text.optional(),
  actionList: z.array(action).optional(),
  permissions: z.array(text).optional(),
  detailsURL: link.optional(),
  getcListURL: link.optional(),
  externalUIURL: text.optional(),
  formMetadata: anyObject.optional(),
  href: text,
  rel: z.literal("self"),
  mediaType: z.literal("application/json"),
  length: whole,
};
const bareWorklistTask = z.strictObject(worklistFields);
/** Without fields that have a place of their own in the A2A shape. */
export type BareWorklistTask = z.infer<typeof bareWorklistTask>;

export const worklistTask = named(
  bareWorklistTask.extend({
    comments: commentsAnswer.optional(),
    attachments: attachmentsAnswer.optional(),
    history: historyAnswer.optional(),
    payload: json.optional(),
    links: links.optional(),
  }),
  "WorklistTask",
);
export type WorklistTask = z.infer<typeof worklistTask>;

/** Open: it may also hold metadata of people's or agents' own. */
const metadata = z.looseObject({
  links,
  comments: commentsAnswer,
  attachments: attachmentsAnswer,
  history: historyAnswer,
  payload: json,
  a2aState: z.enum(["auth-required", "rejected"]).optional(),
  suspended: z.literal(true).optional(),
  outcome: text.optional(),
  reason: z.literal("expired").optional(),
  task: bareWorklistTask.optional(),
  detailsURL: link.optional(),
  actionList: z.array(action).optional(),
  formMetadata: anyObject.optional(),
});

/** The keys of each object are in alphabetical order, as on the published page. */
export const taskAnswer = named(
  z.strictObject({
    artifacts: z.array(wireArtifact),
    contextId: text,
    final: z.boolean(),
    history: z.array(wireMessage),
    id: text,
    kind: z.literal("task"),
    metadata,
    status: z.strictObject({ message: wireMessage.optional(), state: z.enum(STATUSES), timestamp: text }),
  }),
  "Task",
);
export type TaskAnswer = z.infer<typeof taskAnswer>;
/** In the shape that the query or the path asks for. */
export const shownAnswer = z.union([taskAnswer, worklistTask]);

export const errorBody = named(
  z.strictObject({
    type: z.literal("about:blank"),
    title: text,
    status: whole,
    detail: text,
    "o:errorCode": text,
    requestId: text,
  }),
  "Error",
);

/** A repeated parameter counts once: the first. */
const first = (given: unknown) => (Array.isArray(given) ? given[0] : given);

/** `true` or `false` in any case; false when it is left out or blank. */
export const flagParam = z
  .preprocess(
    (given) => {
      const said = first(given);
      return typeof said === "string" ? said.trim().toLowerCase() : said;
    },
    z.enum(["true", "false", ""], "must be true or false").default("false"),
  )
  .transform((said) => said === "true")
  .meta({ wire: { type: "boolean", default: false } });

const TOKENS: Readonly<Record<string, readonly Field[]>> = {
  "": [],
  all: FIELDS,
  ...Object.fromEntries(FIELDS.map((field) => [field, [field]])),
};

/** A list with commas, which may come again; in any case. */
const expandParam = z
  .union([text.max(1_000), z.array(text.max(1_000)).max(20)])
  .default("")
  .transform((given, ctx) => {
    const expanded = new Set<Field>();
    for (const token of [given].flat().join().split(",")) {
      const meant = Object.entries(TOKENS).find(([name]) => name === token.trim().toLowerCase());
      if (meant === undefined)
        ctx.addIssue({ code: "custom", message: `must be of All, ${FIELDS.join(", ")}`, input: token });
      for (const field of meant?.[1] ?? []) expanded.add(field);
    }
    return expanded;
  })
  .meta({ wire: { type: "string", default: "" } });

const VIEWS = ["a2a", "worklist"] as const;
export type View = (typeof VIEWS)[number];

export const viewParam = z
  .preprocess(first, z.enum(VIEWS, "must be a2a or worklist").optional())
  .meta({ wire: { type: "string", enum: [...VIEWS] } });

export const taskQuery = z.object({
  expand: expandParam.describe(
    "Fields to be shown in place of links to them: All, comments, attachments, history, payload",
  ),
  metadataFlag: flagParam.describe("With the worklist task, its page for people and the actions of the caller"),
  view: viewParam.describe("The shape of the answer"),
});
export type TaskQuery = z.output<typeof taskQuery>;
