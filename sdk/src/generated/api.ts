// Written by scripts/generate-sdk.mjs from the server's OpenAPI document: npm run generate.

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json | undefined };

export const STATES = [
  "queued",
  "running",
  "paused",
  "input_required",
  "waiting",
  "completed",
  "failed",
  "cancelled",
  "timed_out",
  "rejected",
] as const;
export type State = (typeof STATES)[number];

export const TERMINAL_STATES = [
  "completed",
  "failed",
  "cancelled",
  "timed_out",
  "rejected",
] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

export const TERMINAL_EVENTS = [
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.timed_out",
  "task.rejected",
] as const;

export const ERROR_CODES = [
  "not_found",
  "not_allowed_in_state",
  "fenced",
  "invalid",
  "too_large",
  "conflict",
  "unauthenticated",
  "forbidden",
  "rate_limited",
  "unavailable",
  "internal",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export const EVENT_DATA = {
  "task.submitted": { kind: ["string"], title: ["string"], lens: ["string"] },
  "task.started": { attempt: ["number"], cause: ["string"] },
  "task.waiting": { waits: ["array"] },
  "task.input_required": { prompt: ["object"], until: ["string","null"] },
  "task.input_received": { message_id: ["string"], prompt: ["string","null"], by: ["string"] },
  "task.pausing": { by: ["string"], reason: ["string"] },
  "task.paused": { checkpoint: ["string"] },
  "task.resumed": { by: ["string"] },
  "task.logged": { level: ["string"], message: ["string"], facts: ["object"] },
  "task.retrying": { error: ["object"], until: ["string"], failures: ["number"] },
  "task.progress": { fraction: ["number"], message: ["string"] },
  "task.details": { patch: ["object"] },
  "task.completed": {  },
  "task.failed": { error: ["object"] },
  "task.cancelled": { by: ["string"], reason: ["string"], was_paused: ["boolean"] },
  "task.timed_out": { error: ["object"] },
  "task.rejected": { error: ["object"] },
  "step.completed": { name: ["string"], duration_ms: ["number"], ms: ["number"] },
  "step.retrying": { name: ["string"], error: ["object"], until: ["string"], tries: ["number"] },
  "step.failed": { name: ["string"], error: ["object"] },
  "output.delta": { text: ["string"], agent: ["string"] },
  "output.restarted": { step: ["string"] },
  "artifact.updated": { artifact: ["object"], append: ["boolean"], last: ["boolean"] },
  "usage.recorded": { call: ["object"] },
  "agent.started": { agent: ["string"], mode: ["string"], model: ["string"] },
  "agent.mode_changed": { asked: ["string"], ran: ["string"], reason: ["string"] },
  "agent.thinking": { agent: ["string"], text: ["string"] },
  "agent.answered": { agent: ["string"], text: ["string"], final: ["boolean"], model: ["string"], provider: ["string"], input_tokens: ["number"], output_tokens: ["number"], cost_usd: ["number","null"], duration_ms: ["number"] },
  "agent.guarded": { agent: ["string"], findings: ["array"] },
  "agent.completed": { agent: ["string"] },
  "tool.invoked": { agent: ["string"], call_id: ["string"], tool: ["string"] },
  "tool.observed": { agent: ["string"], call_id: ["string"], tool: ["string"], success: ["boolean"], duration_ms: ["number"] },
  "budget.threshold": { usage_percent: ["number"], threshold_percent: ["number"], tokens_used: ["number"], tokens_budget: ["number","null"], cost_usd: ["number"], cost_budget_usd: ["number","null"], level: ["string"], budget_type: ["string"] },
  "human.acted": { act: ["string"], by: ["string"], state: ["string"], outcome: ["string","null"], to: ["array"], stage: ["number"], comment: ["string","null"], scope: ["string"] },
  "human.overdue": { due_at: ["string"], to: ["array"] },
  "human.commented": { by: ["string"], text: ["string"], scope: ["string"] },
  "human.attached": { by: ["string"], name: ["string"], media_type: ["string"], bytes: ["number"], scope: ["string"] },
  "human.detached": { by: ["string"], name: ["string"] },
} as const;

export type Act = {
  act: "claim" | "release" | "decide" | "delegate" | "reassign" | "escalate" | "suspend" | "resume" | "withdraw" | "request_information" | "submit_information" | "push_back" | "route" | "skip" | "save" | "error" | "renew" | "delete" | "purge";
  /** Of `decide`: an outcome of the task's assignment, in any case. */
  outcome?: string | undefined;
  /** Of `decide` and `save`; it must fit the form. */
  payload?: JsonObject | undefined;
  /** Of `delegate`, `reassign`, `escalate` and `route`. */
  to?: (Identity)[] | undefined;
  /** Of `request_information`. */
  from?: (Identity)[] | undefined;
  /** Of `route`: to all at once, one after another, or with a vote. */
  routing?: "simple" | "sequential" | "parallel" | undefined;
  /** Of a vote: how many must say the same. */
  votes?: "any" | "all" | number | undefined;
  /** Of a vote: the outcome when the first can no longer be had. */
  otherwise?: string | undefined;
  /** Of `renew`. */
  expires_at?: string | undefined;
  comment?: string | undefined;
  /** 1 is the highest. */
  priority?: number | undefined;
  /** `conflict` unless the task is still at this one. */
  revision?: number | undefined;
};

export type Agent = {
  /** A UUID. Of an agent of the configuration it follows from the slug. */
  id: string;
  slug: string;
  name: string;
  display_name: string | null;
  description: string;
  /** Null: those of the configuration are not shown. */
  instructions: string | null;
  /** Null: the server's default model. */
  model: string | null;
  /** Null: all built-in tools. */
  tools: (string)[] | null;
  /** Agents that it may ask, each as a child task. */
  collaborators: (string)[];
  /** Hosts that its tools may reach, as `api.example.com`, `*.example.com`, `https://example.com:8443`; null: whatever the server may. */
  reach: (string)[] | null;
  /** Vector stores that it searches; none: all that its task's owner has. */
  knowledge_bases: (string)[];
  mode: "simple" | "standard" | "complex" | "supervisor";
  max_turns: number;
  /** Null: that of its mode. */
  time_limit_ms: number | null;
  asks_person: boolean;
  multitask_strategy: MultitaskStrategy;
  guardrails: {
    /** Hate, abuse and profanity. */
    hap?: {
      /** On what goes into the model. */
      input?: {
        enabled: boolean;
        threshold: number;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled: boolean;
        threshold: number;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value: boolean;
      } | undefined;
    } | undefined;
    social_bias?: {
      /** On what goes into the model. */
      input?: {
        enabled: boolean;
        threshold: number;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled: boolean;
        threshold: number;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value: boolean;
      } | undefined;
    } | undefined;
    /** What identifies a person, and secrets. */
    pii?: {
      /** On what goes into the model. */
      input?: {
        enabled: boolean;
        threshold: number;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled: boolean;
        threshold: number;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value: boolean;
      } | undefined;
    } | undefined;
  } | null;
  /** How it presents itself to other agents. */
  card: {
    /** Of the agent, as you count; how often it was changed when absent. */
    version?: string | undefined;
    /** One, of its name and description, when absent. */
    skills?: ({
      id: string;
      name: string;
      description: string;
      tags: (string)[];
      examples?: (string)[] | undefined;
      input_modes?: (string)[] | undefined;
      output_modes?: (string)[] | undefined;
    })[] | undefined;
    /** Media types that it takes; messages with others are refused. */
    input_modes?: (string)[] | undefined;
    output_modes?: (string)[] | undefined;
    provider?: {
      organization: string;
      url: string;
    } | undefined;
    documentation_url?: string | undefined;
    icon_url?: string | undefined;
    /** Callers that do not name a required one are refused. */
    extensions?: ({
      uri: string;
      description?: string | undefined;
      required: boolean;
      params?: Json | undefined;
    })[] | undefined;
    /** False: callers who want to be told of its tasks by push are refused. */
    push?: boolean | undefined;
    /** What only callers with a key are told; false for no such card. */
    extended?: false | {
      description?: string | undefined;
      skills?: ({
        id: string;
        name: string;
        description: string;
        tags: (string)[];
        examples?: (string)[] | undefined;
        input_modes?: (string)[] | undefined;
        output_modes?: (string)[] | undefined;
      })[] | undefined;
    } | undefined;
  } | null;
  tags: (string)[];
  hidden: boolean;
  style: string;
  properties: JsonObject;
  /** Declared in the server's configuration, and read-only here. */
  configured: boolean;
  /** Rises with each change. */
  version: number;
  created_by: string | null;
  created_at: string | null;
  updated_by: string | null;
  updated_at: string | null;
};

export type AgentAnsweredEvent = {
  seq: number;
  type: "agent.answered";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
    text: string;
    final: boolean;
    model: string;
    provider: string;
    input_tokens: number;
    output_tokens: number;
    cost_usd: number | null;
    duration_ms: number;
  };
};

export type AgentCompletedEvent = {
  seq: number;
  type: "agent.completed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
  };
};

export type AgentGuardedEvent = {
  seq: number;
  type: "agent.guarded";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
    findings: ({
      kind: "hap" | "socialBias" | "pii";
      /** Who found it: `offline`, or a model by its name. */
      detector: string;
      /** What it is, in the detector's words. */
      entity: string;
      score: number;
      in: "input" | "output";
      /** The text in which it was found. */
      of: string;
      /** Unicode code points of that text as it was before anything was taken out of it. */
      start: number;
      /** Not part of the finding. */
      end: number;
      action: "blocked" | "removed" | "masked";
    })[];
  };
};

export type AgentModeChangedEvent = {
  seq: number;
  type: "agent.mode_changed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    asked: "simple" | "standard" | "complex" | "supervisor";
    ran: "simple" | "standard" | "complex" | "supervisor";
    reason: string;
  };
};

export type AgentStartedEvent = {
  seq: number;
  type: "agent.started";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
    mode: "simple" | "standard" | "complex" | "supervisor";
    model: string;
  };
};

export type AgentThinkingEvent = {
  seq: number;
  type: "agent.thinking";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
    /** A short status. */
    text: string;
  };
};

export type AgentUpdate = {
  name?: string | undefined;
  display_name?: string | null | undefined;
  description?: string | null | undefined;
  instructions?: string | null | undefined;
  model?: string | null | undefined;
  tools?: (string)[] | null | undefined;
  collaborators?: (string)[] | null | undefined;
  reach?: (string)[] | null | undefined;
  knowledge_bases?: (string)[] | null | undefined;
  mode?: "simple" | "standard" | "complex" | "supervisor" | null | undefined;
  max_turns?: number | null | undefined;
  time_limit_ms?: number | null | undefined;
  asks_person?: boolean | null | undefined;
  multitask_strategy?: MultitaskStrategy | null | undefined;
  guardrails?: {
    /** Hate, abuse and profanity. */
    hap?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
    social_bias?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
    /** What identifies a person, and secrets. */
    pii?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
  } | null | undefined;
  /** Replaces the whole of it. */
  card?: {
    /** Of the agent, as you count; how often it was changed when absent. */
    version?: string | undefined;
    /** One, of its name and description, when absent. */
    skills?: ({
      id: string;
      name: string;
      description: string;
      tags?: (string)[] | undefined;
      examples?: (string)[] | undefined;
      input_modes?: (string)[] | undefined;
      output_modes?: (string)[] | undefined;
    })[] | undefined;
    /** Media types that it takes; messages with others are refused. */
    input_modes?: (string)[] | undefined;
    output_modes?: (string)[] | undefined;
    provider?: {
      organization: string;
      url: string;
    } | undefined;
    documentation_url?: string | undefined;
    icon_url?: string | undefined;
    /** Callers that do not name a required one are refused. */
    extensions?: ({
      uri: string;
      description?: string | undefined;
      required?: boolean | undefined;
      params?: Json | undefined;
    })[] | undefined;
    /** False: callers who want to be told of its tasks by push are refused. */
    push?: boolean | undefined;
    /** What only callers with a key are told; false for no such card. */
    extended?: false | {
      description?: string | undefined;
      skills?: ({
        id: string;
        name: string;
        description: string;
        tags?: (string)[] | undefined;
        examples?: (string)[] | undefined;
        input_modes?: (string)[] | undefined;
        output_modes?: (string)[] | undefined;
      })[] | undefined;
    } | undefined;
  } | null | undefined;
  tags?: (string)[] | null | undefined;
  hidden?: boolean | null | undefined;
  style?: string | null | undefined;
  /** Only the named ones change; one that is null goes. */
  properties?: JsonObject | null | undefined;
};

export type AllowedAct = {
  act: "claim" | "release" | "decide" | "delegate" | "reassign" | "escalate" | "suspend" | "resume" | "withdraw" | "request_information" | "submit_information" | "push_back" | "route" | "skip" | "save" | "error" | "renew" | "delete" | "purge";
  outcome: string | null;
  title: string;
};

export type Artifact = {
  id: string;
  name: string | null;
  description: string | null;
  parts: (Part)[];
  metadata: JsonObject;
  complete: boolean;
};

export type ArtifactUpdatedEvent = {
  seq: number;
  type: "artifact.updated";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    artifact: {
      id: string;
      name?: string | undefined;
      description?: string | undefined;
      parts: (Part)[];
      metadata?: JsonObject | undefined;
      append: boolean;
      last: boolean;
    };
    append: boolean;
    last: boolean;
  };
};

export type Assignment = {
  state: "assigned" | "voting" | "information" | "alerted" | "suspended" | "completed" | "errored" | "expired" | "withdrawn" | "deleted";
  /** Who may act now. */
  assignees: (Identity)[];
  /** Who took it out of a group or role: the others leave it alone. */
  claimed_by: string | null;
  /** Who gave it to them. */
  from: string;
  /** ISO 8601, UTC, milliseconds */
  assigned_at: string;
  owner: Identity;
  reviewers: (Identity)[];
  /** 1 is the highest. */
  priority: number;
  due_at: string | null;
  expires_at: string | null;
  overdue: boolean;
  escalations: number;
  /** Decisions to choose from. */
  outcomes: ({
    id: string;
    title: string;
  })[];
  outcome: string | null;
  decided_by: string | null;
  stage: number;
  stages: ({
    assignees: (Identity)[];
    votes: "any" | "all" | number;
    otherwise: string | null;
  })[];
  votes: ({
    by: string;
    as: Identity;
    outcome: string;
    /** ISO 8601, UTC, milliseconds */
    at: string;
  })[];
  payload: JsonObject;
  key: string | null;
  category: string | null;
  definition: string | null;
};

export type Attachment = {
  name: string;
  media_type: string;
  bytes: number;
  sha256: string;
  scope: "task" | "process";
  by: string;
  /** ISO 8601, UTC, milliseconds */
  at: string;
};

export type AuditEntry = {
  /** Its number in the log of the whole server, in the order of the commits. */
  n: number;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  /** Empty where it is nobody's but the server's own. */
  tenant: string;
  user: string;
  key_id: string;
  act: string;
  task_id: string | null;
  /** Where the request came from; null where none asked for it. */
  origin: {
    /** Of the caller, behind the proxies that are trusted. */
    address: string;
    /** The API that the request came by. */
    lens: string;
    request_id: string;
  } | null;
  /** Ids, names and sizes. Never what was said. */
  detail: Json;
  /** Hash of the entry before; empty of the first. */
  previous_hash: string;
  /** SHA-256 of its line in an export up to `,"hash":`. Null of entries from before there was a chain. */
  hash: string | null;
};

export type BatchEntry = {
  kind?: string | undefined;
  /** The kind's own input. Kind agent: {query, agent?, mode?, model?, …}. */
  input: Json;
  /** An own conversation by its id, or by a name of your choice; one that is new is made. */
  conversation?: {
    id: string;
  } | {
    alias: string;
    context?: JsonObject | undefined;
  } | undefined;
  /** Higher first. */
  priority?: number | undefined;
  /** Not started before. */
  delay_ms?: number | undefined;
  /** From the submit; then the task is timed_out. */
  deadline_ms?: number | undefined;
  retry?: {
    /** Tries of the whole task, the first one included. */
    attempts?: number | undefined;
    backoff_ms?: number | undefined;
    backoff_max_ms?: number | undefined;
  } | undefined;
  /** At most `limit` tasks of your tenant with the same key run at once. */
  concurrency?: {
    key: string;
    limit: number;
  } | undefined;
  /** As its agent says when absent, else `concurrent`. Only with a conversation. */
  multitask_strategy?: MultitaskStrategy | undefined;
  budget?: {
    tokens?: number | null | undefined;
    cost_usd?: number | null | undefined;
    on_spent?: "pause" | "fail" | undefined;
    /** By its tree, since somebody last let it go on with it spent. Passed over where it is handed in. */
    spent?: {
      tokens: number;
      cost_usd: number;
    } | undefined;
  } | undefined;
  /** At most 64 keys, and 16 KB of JSON. */
  metadata?: JsonObject | undefined;
  /** Is told of its events, from the first on. */
  webhook?: NewWebhook | undefined;
  /** As the Idempotency-Key of a submit of this task alone: either way the same key is the same task. */
  idempotency_key?: string | undefined;
};

export type BatchOutcome = {
  /** As a submit of this task alone would be answered. */
  status: number;
  /** Null where it was refused. */
  task: Task | null;
  /** This key had already taken effect. */
  replayed: boolean;
  error: Problem | null;
};

export type BatchSubmit = {
  tasks: (BatchEntry)[];
};

export type BudgetThresholdEvent = {
  seq: number;
  type: "budget.threshold";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    usage_percent: number;
    threshold_percent: number;
    tokens_used: number;
    tokens_budget: number | null;
    cost_usd: number;
    cost_budget_usd: number | null;
    level: "warning" | "exhausted";
    budget_type: "tokens" | "cost";
  };
};

export type Caller = {
  tenant: string;
  user: string;
  scopes: ("tasks" | "tasks:all" | "work" | "admin" | "metrics")[];
  key_id: string;
  /** The language models that its key may ask; null is any. */
  models: (string)[] | null;
};

export type CheckedText = {
  /** What would be left of it. */
  text: string;
  findings: ({
    kind: "hap" | "socialBias" | "pii";
    /** Who found it: `offline`, or a model by its name. */
    detector: string;
    /** What it is, in the detector's words. */
    entity: string;
    score: number;
    /** Unicode code points of the text that was sent. */
    start: number;
    /** Not part of the finding. */
    end: number;
    /** Absent when a mask removes it. */
    word?: string | undefined;
    action: "blocked" | "removed" | "masked";
  })[];
  warnings: ({
    id: string;
    message: string;
  })[];
};

export type Comment = {
  /** Number of its event. */
  seq: number;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  by: string;
  text: string;
  scope: "task" | "process";
};

export type Conversation = {
  id: string;
  alias: string | null;
  user: string;
  title: string;
  agent: string | null;
  knowledge_base: string | null;
  context: JsonObject;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  /** ISO 8601, UTC, milliseconds */
  updated_at: string;
  /** ISO 8601, UTC, milliseconds */
  last_activity_at: string;
  last_agent_message_at: string | null;
  tasks: number;
  completed: number;
  failed: number;
  usage: {
    input_tokens: number;
    output_tokens: number;
    cost_usd: number;
  };
};

export type CreateConversation = {
  title?: string | undefined;
  /** Whom it is with, by a name of your choice. */
  agent?: string | null | undefined;
  /** Documents, by a name of your choice. */
  knowledge_base?: string | null | undefined;
  /** At most 64 KB of JSON. */
  context?: JsonObject | undefined;
};

export type CreatedKey = {
  id: string;
  name: string;
  user: string;
  scopes: ("tasks" | "tasks:all" | "work" | "admin" | "metrics")[];
  /** What its user belongs to: whose work that is too. */
  groups: (string)[];
  roles: (string)[];
  /** How large its share of the server is, where the deployment tells tiers apart. */
  tier: string | null;
  /** The language models that it may ask, as provider:model, where a name may end in *; null is any. */
  models: (string)[] | null;
  /** The keys that it was made below, from the top: it ends with each of them, and draws from the first one's share. */
  above: (string)[];
  /** The secret's last four characters. */
  hint: string;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** When it got this secret in the place of another. */
  rotated_at: string | null;
  /** Until when that other secret goes on. */
  former_until: string | null;
  /** When it was last let in, to the minute. */
  used_at: string | null;
  /** From which address; of version 6, the network. */
  used_from: string | null;
  /** Shown this once. */
  secret: string;
};

/** An event that a handler of your own has emitted, or one that another version wrote. */
export type CustomEvent = {
  seq: number;
  type: string;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: JsonObject;
};

export type Delivery = {
  n: number;
  task_id: string | null;
  /** The event's number in the task's log. */
  seq: number;
  type: string | null;
  attempt: number;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  duration_ms: number;
  outcome: "delivered" | "retrying" | "given_up" | "disabled";
  /** What the receiver answered; null when no answer came. */
  status: number | null;
  error: string | null;
};

export type DirectoryEntry = {
  type: "user" | "group" | "role";
  id: string;
  name: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  mobile: string | null;
  manager: string | null;
  groups: (string)[];
  roles: (string)[];
};

export type EditMessage = {
  parts?: (Part)[] | undefined;
  metadata?: JsonObject | undefined;
};

export type Erasure = {
  id: string;
  state: "running" | "completed";
  /** Once it is completed, the pseudonym that stands for the user in what is kept. */
  user: string | null;
  conversation: string | null;
  requested_by: string;
  /** ISO 8601, UTC, milliseconds */
  requested_at: string;
  completed_at: string | null;
  /** How many of each kind of thing are gone so far. */
  removed: Record<string, number>;
  /** What stays, and why, in sentences. */
  kept: (string)[];
  /** Backups that this store made since the oldest of what is gone, and that still hold it. */
  backups: ({
    id: string;
    /** ISO 8601, UTC, milliseconds */
    made_at: string;
    path: string;
    encrypted: boolean;
  })[];
};

export type Event = KnownEvent | CustomEvent;

export type Failure = {
  /** For programs: deadline, handler_error, step_crashed, … */
  code: string;
  message: string;
  step: string | null;
};

export type FileAnalysis = {
  abstract: string | null;
  summary: string | null;
  outline: string | null;
  keywords: (string)[] | null;
  contexts: (string)[] | null;
  graph: {
    entities: ({
      name: string;
      type: string;
      count: number;
    })[];
    relationships: ({
      source: string;
      target: string;
      weight: number;
    })[];
  } | null;
  /** `extractive`, or the name of the model. */
  method: string | null;
};

export type FilePage = {
  number: number;
  /** Of a sheet, a slide or a chapter. */
  name: string | null;
  /** Markdown. */
  content: string;
  /** Read from its picture. */
  recognized: boolean;
};

export type FilePages = {
  data: (FilePage)[];
  /** Pages that have been read so far. */
  total: number;
  /** Number of the page that comes after these; null after the last. */
  next: number | null;
};

export type FileReading = {
  /** What it is by its content: pdf, docx, … */
  file_type: string;
  /** ISO 639-1, or unknown. */
  language: string;
  /** Pages, slides, sheets or sections. */
  pages: number;
  /** Pieces in which it is searched. */
  chunks: number;
  title: string | null;
  author: string | null;
  /** What the document says of itself. */
  properties: JsonObject;
};

export type GuardrailCheck = {
  text: string;
  /** As if it went into a model and would be blocked, or came out of one and would be cleaned. */
  in?: "input" | "output" | undefined;
  /** Besides those that every run of the server has. The three at 0.5, masked, when both are empty. */
  guardrails?: {
    /** Hate, abuse and profanity. */
    hap?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
    social_bias?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
    /** What identifies a person, and secrets. */
    pii?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
  } | undefined;
};

export type HeldShare = {
  open_tasks: {
    /** Tasks that have not ended. */
    held: number;
    /** As many as there may be; null is any number. */
    most: number | null;
  };
  usd_today: {
    /** What models have cost on this day, UTC, in US dollars. */
    held: number;
    /** As many as there may be; null is any number. */
    most: number | null;
  };
  stored_bytes: {
    /** Values, files, documents, vector stores and messages, as long as they are kept. */
    held: number;
    /** As many as there may be; null is any number. */
    most: number | null;
  };
};

export type HistoryEntry = {
  /** Number of its event. */
  seq: number;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  /** Empty where it was time alone. */
  by: string;
  act: string;
  /** Of the assignment, after it: assigned, voting, information, closed, deleted. */
  state: string;
  outcome: string | null;
  comment: string | null;
  /** Whom it went to by it. */
  to: (Identity)[];
};

export type HumanActedEvent = {
  seq: number;
  type: "human.acted";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    act: string;
    by: string;
    /** Of the assignment, after it. */
    state: string;
    outcome: string | null;
    /** Whom it went to by it. */
    to: (Identity)[];
    stage: number;
    comment: string | null;
    scope: string;
  };
};

export type HumanAttachedEvent = {
  seq: number;
  type: "human.attached";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    by: string;
    name: string;
    media_type: string;
    bytes: number;
    scope: string;
  };
};

export type HumanCommentedEvent = {
  seq: number;
  type: "human.commented";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    by: string;
    text: string;
    scope: string;
  };
};

export type HumanDetachedEvent = {
  seq: number;
  type: "human.detached";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    by: string;
    name: string;
  };
};

export type HumanOverdueEvent = {
  seq: number;
  type: "human.overdue";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** ISO 8601, UTC, milliseconds */
    due_at: string;
    /** Whom it was escalated to. */
    to: (Identity)[];
  };
};

export type Identity = {
  type: "user" | "group" | "role";
  id: string;
};

export type Input = {
  /** The answer as JSON. A text is a text, and no number. */
  value?: Json | undefined;
  /** In the place of `value`, the answer as a person writes it: the JSON that its question wants, yes or no, or a text. */
  text?: string | undefined;
  /** The question it answers; the first open one when absent. */
  prompt?: string | undefined;
  /** The same message twice is taken once; another one under its id is a conflict. */
  message_id?: string | undefined;
};

export type Key = {
  id: string;
  name: string;
  user: string;
  scopes: ("tasks" | "tasks:all" | "work" | "admin" | "metrics")[];
  /** What its user belongs to: whose work that is too. */
  groups: (string)[];
  roles: (string)[];
  /** How large its share of the server is, where the deployment tells tiers apart. */
  tier: string | null;
  /** The language models that it may ask, as provider:model, where a name may end in *; null is any. */
  models: (string)[] | null;
  /** The keys that it was made below, from the top: it ends with each of them, and draws from the first one's share. */
  above: (string)[];
  /** The secret's last four characters. */
  hint: string;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** When it got this secret in the place of another. */
  rotated_at: string | null;
  /** Until when that other secret goes on. */
  former_until: string | null;
  /** When it was last let in, to the minute. */
  used_at: string | null;
  /** From which address; of version 6, the network. */
  used_from: string | null;
};

export type KnownEvent = TaskSubmittedEvent | TaskStartedEvent | TaskWaitingEvent | TaskInputRequiredEvent | TaskInputReceivedEvent | TaskPausingEvent | TaskPausedEvent | TaskResumedEvent | TaskLoggedEvent | TaskRetryingEvent | TaskProgressEvent | TaskDetailsEvent | TaskCompletedEvent | TaskFailedEvent | TaskCancelledEvent | TaskTimedOutEvent | TaskRejectedEvent | StepCompletedEvent | StepRetryingEvent | StepFailedEvent | OutputDeltaEvent | OutputRestartedEvent | ArtifactUpdatedEvent | UsageRecordedEvent | AgentStartedEvent | AgentModeChangedEvent | AgentThinkingEvent | AgentAnsweredEvent | AgentGuardedEvent | AgentCompletedEvent | ToolInvokedEvent | ToolObservedEvent | BudgetThresholdEvent | HumanActedEvent | HumanOverdueEvent | HumanCommentedEvent | HumanAttachedEvent | HumanDetachedEvent;

export type Message = {
  /** A UUID. */
  id: string;
  /** Counts the messages of its conversation from 1; none is given twice. */
  n: number;
  role: "user" | "agent";
  parts: (Part)[];
  /** What it is that is no plain turn: a question of a task, what it was told meanwhile, a notice. */
  purpose: "question" | "answer" | "notice" | null;
  metadata: JsonObject;
  task_id: string | null;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  edited_at: string | null;
};

/** How it stands to the open tasks of its conversation: beside them, behind them (enqueue), refused with 409 (reject), or in their place (interrupt: they are cancelled). */
export type MultitaskStrategy = "concurrent" | "enqueue" | "reject" | "interrupt";

export type NewAgent = {
  /** Nobody else's in the tenant, whatever its case. */
  name: string;
  /** For paths and `input.agent`; made of the name when absent. Never changes. */
  slug?: string | undefined;
  display_name?: string | undefined;
  description?: string | undefined;
  instructions?: string | undefined;
  /** `provider:model`; the server's default model when absent. */
  model?: string | undefined;
  /** All built-in tools when absent. */
  tools?: (string)[] | undefined;
  /** Slugs or ids of agents that it may ask, each as a child task. */
  collaborators?: (string)[] | undefined;
  /** Hosts that its tools may reach, as `api.example.com`, `*.example.com`, `https://example.com:8443`; none: nothing. Whatever the server may when absent. */
  reach?: (string)[] | undefined;
  /** Ids of vector stores; none: all that its task's owner has. */
  knowledge_bases?: (string)[] | undefined;
  mode?: "simple" | "standard" | "complex" | "supervisor" | undefined;
  max_turns?: number | undefined;
  /** Of a task that names no deadline; that of its mode when absent. */
  time_limit_ms?: number | undefined;
  /** Lets the model ask a person. */
  asks_person?: boolean | undefined;
  /** Of a task whose submit does not say, in every API. */
  multitask_strategy?: MultitaskStrategy | undefined;
  guardrails?: {
    /** Hate, abuse and profanity. */
    hap?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
    social_bias?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
    /** What identifies a person, and secrets. */
    pii?: {
      /** On what goes into the model. */
      input?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** On what comes out of it. */
      output?: {
        enabled?: boolean | undefined;
        threshold?: number | undefined;
      } | undefined;
      /** What is found in the output becomes asterisks; without it, its whole sentence goes. */
      mask?: {
        remove_entity_value?: boolean | undefined;
      } | undefined;
    } | undefined;
  } | undefined;
  /** How it presents itself to other agents, by A2A. */
  card?: {
    /** Of the agent, as you count; how often it was changed when absent. */
    version?: string | undefined;
    /** One, of its name and description, when absent. */
    skills?: ({
      id: string;
      name: string;
      description: string;
      tags?: (string)[] | undefined;
      examples?: (string)[] | undefined;
      input_modes?: (string)[] | undefined;
      output_modes?: (string)[] | undefined;
    })[] | undefined;
    /** Media types that it takes; messages with others are refused. */
    input_modes?: (string)[] | undefined;
    output_modes?: (string)[] | undefined;
    provider?: {
      organization: string;
      url: string;
    } | undefined;
    documentation_url?: string | undefined;
    icon_url?: string | undefined;
    /** Callers that do not name a required one are refused. */
    extensions?: ({
      uri: string;
      description?: string | undefined;
      required?: boolean | undefined;
      params?: Json | undefined;
    })[] | undefined;
    /** False: callers who want to be told of its tasks by push are refused. */
    push?: boolean | undefined;
    /** What only callers with a key are told; false for no such card. */
    extended?: false | {
      description?: string | undefined;
      skills?: ({
        id: string;
        name: string;
        description: string;
        tags?: (string)[] | undefined;
        examples?: (string)[] | undefined;
        input_modes?: (string)[] | undefined;
        output_modes?: (string)[] | undefined;
      })[] | undefined;
    } | undefined;
  } | undefined;
  tags?: (string)[] | undefined;
  hidden?: boolean | undefined;
  style?: string | undefined;
  /** Free-form, at most 64 KB of JSON. */
  properties?: JsonObject | undefined;
};

export type NewWebhook = {
  /** Where events are sent to: http or https, on the internet or where the server's operator allows. */
  url: string;
  /** Signs what is sent, as Standard Webhooks do. Never shown again; with none, nothing is signed. */
  secret?: string | undefined;
  /** Types of events. When absent all changes of the task's state, its questions, and its end. */
  events?: (string)[] | undefined;
  /** Beside or in place of `events`: what tells that the task has come to one of these states. */
  states?: ("queued" | "running" | "paused" | "input_required" | "waiting" | "completed" | "failed" | "cancelled" | "timed_out" | "rejected")[] | undefined;
};

export type OutputDeltaEvent = {
  seq: number;
  type: "output.delta";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    text: string;
    /** Who acts; empty where there is only one. */
    agent: string;
    step?: string | undefined;
  };
};

export type OutputRestartedEvent = {
  seq: number;
  type: "output.restarted";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** The text that it has sent so far is void. */
    step: string;
  };
};

export type Part = {
  text: string;
  name?: string | undefined;
  media_type?: string | undefined;
  metadata?: JsonObject | undefined;
} | {
  data: Json;
  name?: string | undefined;
  media_type?: string | undefined;
  metadata?: JsonObject | undefined;
} | {
  file: {
    bytes: string;
  } | {
    url: string;
  } | {
    sha256: string;
    size: number;
  };
  name?: string | undefined;
  media_type?: string | undefined;
  metadata?: JsonObject | undefined;
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  /** What happened and what to do about it. */
  detail: string;
  code: "not_found" | "not_allowed_in_state" | "fenced" | "invalid" | "too_large" | "conflict" | "unauthenticated" | "forbidden" | "rate_limited" | "unavailable" | "internal";
  request_id: string;
  /** Where in the request. */
  field?: string | undefined;
  /** The state that did not permit it. */
  state?: State | undefined;
  /** The task that stands in the way. */
  task_id?: string | undefined;
  retry_after_s?: number | undefined;
};

export type Prompt = {
  /** Name it as `prompt` in the answer. */
  name: string;
  asks: "answer" | "approval" | "authorization" | "information";
  text: string;
  /** JSON Schema of the answer; null takes any JSON. */
  schema: JsonObject | null;
  /** Who may answer; the task's own user when absent. */
  candidates?: (Identity)[] | undefined;
  until: string | null;
};

export type Redrive = {
  /** The event to begin with. When absent, the first that was given up. */
  from?: number | undefined;
};

export type RevokedKeys = {
  user: string;
  /** Keys that have ended by it, with those below them. */
  revoked: number;
};

export type Rotate = {
  /** When absent, one is made. */
  secret?: string | undefined;
  /** How long it also signs with the secret before, so that receivers can change theirs meanwhile. */
  overlap_s?: number | undefined;
};

export type RotatedWebhook = {
  webhook: Webhook;
  /** Shown this once. */
  secret: string;
};

export type SearchHit = {
  file_id: string;
  filename: string;
  score: number;
  text: string;
  /** From 1; null where the format has no pages. */
  page: number | null;
  /** Where it stands: in the text of which of `/pages`, in UTF-16 units. */
  place: {
    page: number;
    start: number;
    end: number;
  };
  attributes: JsonObject;
  /** Words of the question in `text`, in UTF-16 units. */
  highlights: ({
    start: number;
    end: number;
  })[];
};

export type Share = {
  user: HeldShare;
  /** Of the whole tenant, with the scope `tasks:all`; else null. */
  tenant: HeldShare | null;
};

export type StandingWebhook = {
  /** Where events are sent to: http or https, on the internet or where the server's operator allows. */
  url: string;
  /** Signs what is sent, as Standard Webhooks do. Never shown again; with none, nothing is signed. */
  secret?: string | undefined;
  /** Types of events. When absent all changes of the task's state, its questions, and its end. */
  events?: (string)[] | undefined;
  /** Beside or in place of `events`: what tells that the task has come to one of these states. */
  states?: ("queued" | "running" | "paused" | "input_required" | "waiting" | "completed" | "failed" | "cancelled" | "timed_out" | "rejected")[] | undefined;
  /** Which tasks: those that fit all that is named. When absent all that you submit. */
  tasks?: {
    /** Kinds of tasks. */
    kinds?: (string)[] | undefined;
    /** Agents, as `input.agent` names them. */
    agents?: (string)[] | undefined;
    /** Exact values of metadata keys. */
    metadata?: Record<string, string> | undefined;
    /** Of all users of your tenant. Takes the scope `tasks:all`. */
    everybody?: boolean | undefined;
    /** Also those that other tasks have begun. */
    children?: boolean | undefined;
  } | undefined;
};

export type Step = {
  branch: string;
  position: number;
  name: string;
  kind: string;
  state: "done" | "failed" | "waiting" | "retrying";
  tries: number;
  /** When this was written down. */
  at: string;
  /** Its last try, once that has ended; of a wait, when it began. */
  started_at: string | null;
  ended_at: string | null;
  /** Each try of a step that has ended, the last 20, with its error. */
  attempts: ({
    /** ISO 8601, UTC, milliseconds */
    started_at: string;
    /** ISO 8601, UTC, milliseconds */
    ended_at: string;
    error: Failure | null;
  })[];
  /** The task that it has begun. */
  child_id: string | null;
  duration_ms: number | null;
  result: Json;
  error: Failure | null;
};

export type StepCompletedEvent = {
  seq: number;
  type: "step.completed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    name: string;
    duration_ms: number;
    /** `duration_ms`. */
    ms: number;
  };
};

export type StepFailedEvent = {
  seq: number;
  type: "step.failed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    name: string;
    error: Failure;
  };
};

export type StepRetryingEvent = {
  seq: number;
  type: "step.retrying";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    name: string;
    error: Failure;
    /** ISO 8601, UTC, milliseconds */
    until: string;
    tries: number;
  };
};

export type StoredFile = {
  id: string;
  filename: string;
  purpose: string;
  /** As the client declared it, and by its content once it has been read. */
  media_type: string;
  bytes: number;
  md5: string | null;
  /** `uploaded` until its task has read it. */
  status: "uploaded" | "processed" | "error";
  /** Why it could not be read: a word for programs, a colon, a sentence. */
  error: string | null;
  /** The last task that works or has worked on it. */
  task_id: string | null;
  reading: FileReading | null;
  user: string;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  /** ISO 8601, UTC, milliseconds */
  updated_at: string;
  expires_at: string | null;
};

export type Submit = {
  kind?: string | undefined;
  /** The kind's own input. Kind agent: {query, agent?, mode?, model?, …}. */
  input: Json;
  /** An own conversation by its id, or by a name of your choice; one that is new is made. */
  conversation?: {
    id: string;
  } | {
    alias: string;
    context?: JsonObject | undefined;
  } | undefined;
  /** Higher first. */
  priority?: number | undefined;
  /** Not started before. */
  delay_ms?: number | undefined;
  /** From the submit; then the task is timed_out. */
  deadline_ms?: number | undefined;
  retry?: {
    /** Tries of the whole task, the first one included. */
    attempts?: number | undefined;
    backoff_ms?: number | undefined;
    backoff_max_ms?: number | undefined;
  } | undefined;
  /** At most `limit` tasks of your tenant with the same key run at once. */
  concurrency?: {
    key: string;
    limit: number;
  } | undefined;
  /** As its agent says when absent, else `concurrent`. Only with a conversation. */
  multitask_strategy?: MultitaskStrategy | undefined;
  budget?: {
    tokens?: number | null | undefined;
    cost_usd?: number | null | undefined;
    on_spent?: "pause" | "fail" | undefined;
    /** By its tree, since somebody last let it go on with it spent. Passed over where it is handed in. */
    spent?: {
      tokens: number;
      cost_usd: number;
    } | undefined;
  } | undefined;
  /** At most 64 keys, and 16 KB of JSON. */
  metadata?: JsonObject | undefined;
  /** Is told of its events, from the first on. */
  webhook?: NewWebhook | undefined;
};

export type Task = {
  id: string;
  /** Counts the tasks of this server by age: what people and some APIs call it. */
  number: number;
  kind: string;
  state: State;
  /** What its oldest open question asks a person for, whatever else it does meanwhile. */
  asks: "answer" | "approval" | "authorization" | "information" | null;
  /** What it was asked, cut to a line. */
  title: string;
  /** The API that it came in by. */
  lens: string;
  user: string;
  conversation_id: string | null;
  parent_id: string | null;
  retry_of: string | null;
  priority: number;
  metadata: JsonObject;
  /** Tries of the whole task; of external work its claims, each the fencing token of one. */
  attempt: number;
  /** How often it went on after a wait, a pause or a crash, within its tries. */
  resumed: number;
  /** Tries of the whole task that ended in an error. */
  failures: number;
  revision: number;
  /** Number of its last event. */
  last_event: number;
  progress: {
    fraction: number;
    message: string;
  };
  usage: UsageTotals;
  error: Failure | null;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  started_at: string | null;
  /** ISO 8601, UTC, milliseconds */
  state_changed_at: string;
  /** ISO 8601, UTC, milliseconds */
  updated_at: string;
  ended_at: string | null;
  not_before: string | null;
  deadline_at: string | null;
  /** Tasks that it has begun. */
  children: number;
  /** Of the W3C trace that it is part of; null where neither its caller nor this server traces. */
  trace_id: string | null;
  /** Its usage with that of all tasks below it, each call counted once. */
  tree_usage: UsageTotals;
  /** Tasks above it whose budgets hold for it too. */
  bound_by: (string)[];
  input: Json;
  /** Null until it completed. */
  output: Json;
  /** What its handler says about it. */
  details: JsonObject;
  waits: (Wait)[];
  /** The oldest question that is open: also while other branches of it still run, and it is not input_required. */
  input_required: Prompt | null;
  /** Of its last error, for those with the scope `tasks:all`. */
  stack: string | null;
  paused: {
    by: string;
    /** ISO 8601, UTC, milliseconds */
    at: string;
    reason: string;
    resumes_as: "queued" | "running" | "paused" | "input_required" | "waiting";
    /** When it goes on by itself; null where only somebody resumes it. */
    until: string | null;
    /** Steps that had begun go on, and may cost, until they end. */
    pausing: boolean;
    /** While it is pausing, the steps that ran when the pause came; `why` names those that still do. */
    running: (string)[];
  } | null;
  cancelled: {
    by: string;
    /** ISO 8601, UTC, milliseconds */
    at: string;
    reason: string;
  } | null;
  concurrency: {
    key: string;
    limit: number;
  } | null;
  /** Null outside of a conversation. */
  multitask_strategy: MultitaskStrategy | null;
  budget: {
    tokens: number | null;
    cost_usd: number | null;
    on_spent: "pause" | "fail";
    /** By its tree, since somebody last let it go on with it spent. Passed over where it is handed in. */
    spent: {
      tokens: number;
      cost_usd: number;
    };
  } | null;
  retry: {
    /** Tries of the whole task, the first one included. */
    attempts: number;
    backoff_ms: number;
    backoff_max_ms: number;
  };
  lease: {
    worker: string;
    /** ISO 8601, UTC, milliseconds */
    until: string;
  } | null;
  /** What people have to do with it, of one that asks or has asked. */
  assignment: Assignment | null;
  /** Of its kind: how long it may run. Stands still while it waits, asks or is paused. */
  time_limit_ms: number | null;
};

export type TaskCancelledEvent = {
  seq: number;
  type: "task.cancelled";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    by: string;
    reason: string;
    was_paused: boolean;
  };
};

export type TaskCompletedEvent = {
  seq: number;
  type: "task.completed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    output: Json;
  };
};

export type TaskDetailsEvent = {
  seq: number;
  type: "task.details";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    patch: JsonObject;
  };
};

export type TaskFailedEvent = {
  seq: number;
  type: "task.failed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    error: Failure;
  };
};

export type TaskInputReceivedEvent = {
  seq: number;
  type: "task.input_received";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    message_id: string;
    /** The name of the question that it answers. */
    prompt: string | null;
    by: string;
  };
};

export type TaskInputRequiredEvent = {
  seq: number;
  type: "task.input_required";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    prompt: {
      /** Name it as `prompt` in the answer. */
      name: string;
      asks: "answer" | "approval" | "authorization" | "information";
      text: string;
      /** JSON Schema of the answer; null takes any JSON. */
      schema: JsonObject | null;
      /** Who may answer; the task's own user when absent. */
      candidates?: (Identity)[] | undefined;
    };
    until: string | null;
  };
};

export type TaskLoggedEvent = {
  seq: number;
  type: "task.logged";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    level: "debug" | "info" | "warn" | "error";
    message: string;
    facts: JsonObject;
    step?: string | undefined;
  };
};

export type TaskPausedEvent = {
  seq: number;
  type: "task.paused";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    checkpoint: string;
  };
};

export type TaskPausingEvent = {
  seq: number;
  type: "task.pausing";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    by: string;
    reason: string;
    running?: (string)[] | undefined;
  };
};

export type TaskProgressEvent = {
  seq: number;
  type: "task.progress";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    fraction: number;
    message: string;
  };
};

export type TaskRejectedEvent = {
  seq: number;
  type: "task.rejected";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    error: Failure;
  };
};

export type TaskResumedEvent = {
  seq: number;
  type: "task.resumed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    by: string;
    reason?: string | undefined;
  };
};

export type TaskRetryingEvent = {
  seq: number;
  type: "task.retrying";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    error: Failure;
    /** ISO 8601, UTC, milliseconds */
    until: string;
    failures: number;
  };
};

export type TaskStartedEvent = {
  seq: number;
  type: "task.started";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    attempt: number;
    cause: "first" | "resumed" | "recovered";
    /** The program that claimed it. */
    worker?: string | undefined;
  };
};

export type TaskSubmittedEvent = {
  seq: number;
  type: "task.submitted";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    kind: string;
    title: string;
    lens: string;
    /** Why somebody tries again what another task has not done. */
    reason?: string | undefined;
  };
};

export type TaskSummary = {
  id: string;
  /** Counts the tasks of this server by age: what people and some APIs call it. */
  number: number;
  kind: string;
  state: State;
  /** What its oldest open question asks a person for, whatever else it does meanwhile. */
  asks: "answer" | "approval" | "authorization" | "information" | null;
  /** What it was asked, cut to a line. */
  title: string;
  /** The API that it came in by. */
  lens: string;
  user: string;
  conversation_id: string | null;
  parent_id: string | null;
  retry_of: string | null;
  priority: number;
  metadata: JsonObject;
  /** Tries of the whole task; of external work its claims, each the fencing token of one. */
  attempt: number;
  /** How often it went on after a wait, a pause or a crash, within its tries. */
  resumed: number;
  /** Tries of the whole task that ended in an error. */
  failures: number;
  revision: number;
  /** Number of its last event. */
  last_event: number;
  progress: {
    fraction: number;
    message: string;
  };
  usage: UsageTotals;
  error: Failure | null;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  started_at: string | null;
  /** ISO 8601, UTC, milliseconds */
  state_changed_at: string;
  /** ISO 8601, UTC, milliseconds */
  updated_at: string;
  ended_at: string | null;
  not_before: string | null;
  deadline_at: string | null;
};

export type TaskTimedOutEvent = {
  seq: number;
  type: "task.timed_out";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    error: Failure;
  };
};

export type TaskWaitingEvent = {
  seq: number;
  type: "task.waiting";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    waits: (Wait)[];
  };
};

export type ToolInvokedEvent = {
  seq: number;
  type: "tool.invoked";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
    call_id: string;
    tool: string;
    params: Json;
  };
};

export type ToolObservedEvent = {
  seq: number;
  type: "tool.observed";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    /** Who acts; empty where there is only one. */
    agent: string;
    call_id: string;
    tool: string;
    success: boolean;
    duration_ms: number;
    /** Cut to 2,000 characters. */
    output: Json;
  };
};

export type Trial = {
  /** The receiver has taken it. */
  delivered: boolean;
  /** What it answered; null when no answer came. */
  status: number | null;
  error: string | null;
  duration_ms: number;
};

export type UpdateConversation = {
  title?: string | undefined;
  agent?: string | null | undefined;
  knowledge_base?: string | null | undefined;
  /** In the place of what it was. */
  context?: JsonObject | undefined;
};

export type UsageCall = {
  key: string;
  /** ISO 8601, UTC, milliseconds */
  at: string;
  provider: string;
  model: string;
  agent: string;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_usd: number | null;
  /** The provider stated no counts: these are ours. */
  estimated: boolean;
  /** The provider's own usage object. */
  raw: Json;
};

export type UsageRecordedEvent = {
  seq: number;
  type: "usage.recorded";
  /** ISO 8601, UTC, milliseconds */
  at: string;
  data: {
    call: UsageCall;
  };
};

export type UsageRow = {
  day: string | null;
  user: string | null;
  agent: string | null;
  provider: string | null;
  model: string | null;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  /** Calls to models without a known price: cost_usd lacks them. */
  unpriced_calls: number;
  /** Calls whose provider stated no counts: ours stand in their place. */
  estimated_calls: number;
  /** Of the input tokens. */
  cache_read_tokens: number;
  /** Of the input tokens. */
  cache_write_tokens: number;
};

export type UsageSum = {
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  /** Calls to models without a known price: cost_usd lacks them. */
  unpriced_calls: number;
  /** Calls whose provider stated no counts: ours stand in their place. */
  estimated_calls: number;
  /** Of the input tokens. */
  cache_read_tokens: number;
  /** Of the input tokens. */
  cache_write_tokens: number;
};

export type UsageTotals = {
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
  /** Calls to models without a known price: cost_usd lacks them. */
  unpriced_calls: number;
  /** Calls whose provider stated no counts: ours stand in their place. */
  estimated_calls: number;
};

export type VectorStore = {
  id: string;
  name: string;
  description: string;
  metadata: JsonObject;
  status: "in_progress" | "completed" | "expired";
  file_counts: {
    in_progress: number;
    completed: number;
    failed: number;
    cancelled: number;
  };
  /** Of the files in it. */
  bytes: number;
  chunking: {
    max_tokens: number;
    overlap_tokens: number;
  };
  /** Of its vectors. */
  model: string;
  /** The last task that has changed it. */
  task_id: string | null;
  user: string;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  /** ISO 8601, UTC, milliseconds */
  last_active_at: string;
  /** After it was last used; null: never. */
  expires_after_ms: number | null;
  expires_at: string | null;
};

export type VectorStoreFile = {
  file_id: string;
  filename: string;
  vector_store_id: string;
  status: "in_progress" | "completed" | "failed" | "cancelled";
  error: string | null;
  bytes: number;
  /** What searches filter by: texts, numbers, true and false. */
  attributes: JsonObject;
  chunking: {
    max_tokens: number;
    overlap_tokens: number;
  };
  /** The task that it came with last. */
  task_id: string | null;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
};

export type VectorStoreSummary = {
  text: string;
  /** What has written it. */
  model: string;
  tokens: number;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
};

export type Wait = {
  on: "timer" | "child" | "retry" | "slot" | "conversation" | "handler" | "input";
  /** ISO 8601, UTC, milliseconds */
  since: string;
  /** When it goes on or gives up by itself; null is never. */
  until: string | null;
  child: string | null;
  prompt: Prompt | null;
  /** Of a task that stands still until there is code that fits it: handler_version or journal_mismatch. */
  reason: {
    code: string;
    message: string;
  } | null;
};

export type Webhook = {
  id: string;
  /** Null: all tasks that it chooses. */
  task_id: string | null;
  /** The webhook of all tasks whose place in this task it is. */
  standing_id: string | null;
  /** Which tasks, of a webhook of all of them. */
  tasks: {
    kinds?: (string)[] | undefined;
    agents?: (string)[] | undefined;
    metadata?: Record<string, string> | undefined;
    everybody?: boolean | undefined;
    children?: boolean | undefined;
  } | null;
  url: string;
  /** Null: all changes of the state, questions, and the end. */
  events: (string)[] | null;
  signed: boolean;
  state: "active" | "disabled";
  /** Why it is disabled. */
  reason: string | null;
  /** Its task has ended, and nothing is left to tell. */
  done: boolean;
  /** The last event that was told, passed over or given up. */
  told_up_to: number;
  /** Attempts so far to tell what comes next. */
  attempts: number;
  next_attempt_at: string | null;
  failures_in_a_row: number;
  /** Why the last attempt failed; null when it did not. */
  last_error: string | null;
  /** The first event that was given up: redrive it. */
  given_up: number | null;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  /** ISO 8601, UTC, milliseconds */
  updated_at: string;
};

export type WebhookOfTask = {
  /** Where events are sent to: http or https, on the internet or where the server's operator allows. */
  url: string;
  /** Signs what is sent, as Standard Webhooks do. Never shown again; with none, nothing is signed. */
  secret?: string | undefined;
  /** Types of events. When absent all changes of the task's state, its questions, and its end. */
  events?: (string)[] | undefined;
  /** Beside or in place of `events`: what tells that the task has come to one of these states. */
  states?: ("queued" | "running" | "paused" | "input_required" | "waiting" | "completed" | "failed" | "cancelled" | "timed_out" | "rejected")[] | undefined;
  /** Tell what comes after this event, 0 for all of the log. When absent, what is new. */
  after?: number | undefined;
};

export type Why = {
  task_id: string;
  state: State;
  /** What `summary` says, for programs. */
  reason: "delayed" | "no_slot" | "concurrency" | "conversation" | "no_worker" | "awaits_worker" | "running" | "leased" | "pausing" | "paused" | "paused_by_itself" | "paused_by_budget" | "paused_by_days_money" | "needs_answer" | "needs_approval" | "needs_authorization" | "needs_information" | "timer" | "retry" | "child" | "no_code" | "recovering" | "no_handler" | "stuck" | "crash_suspect" | "completed" | "failed" | "cancelled" | "timed_out" | "rejected";
  summary: string;
  /** ISO 8601, UTC, milliseconds */
  since: string;
  until: string | null;
  waits: (Wait)[];
  /** Steps in flight. */
  running: (string)[];
  /** Tasks that hold the slots it wants. */
  held_by: (string)[];
  /** Tasks of its conversation for whose end it waits before it begins. */
  before: (string)[];
  /** Tasks of its tenant before it in the queue, by priority and age. */
  ahead: number | null;
  /** Of external work: when a worker last asked for its queue, null where none has since `since`. */
  workers: {
    queue: string;
    asked_at: string | null;
    /** ISO 8601, UTC, milliseconds */
    since: string;
  } | null;
  last_error: Failure | null;
};

export type WorkCounts = {
  by_state: Record<string, number>;
  /** Of what is open. */
  by_priority: Record<string, number>;
  overdue: number;
};

export type WorkItem = {
  id: string;
  /** Counts the tasks of this server by age: what people and some APIs call it. */
  number: number;
  kind: string;
  state: State;
  /** What its oldest open question asks a person for, whatever else it does meanwhile. */
  asks: "answer" | "approval" | "authorization" | "information" | null;
  /** What it was asked, cut to a line. */
  title: string;
  /** The API that it came in by. */
  lens: string;
  user: string;
  conversation_id: string | null;
  parent_id: string | null;
  retry_of: string | null;
  priority: number;
  metadata: JsonObject;
  /** Tries of the whole task; of external work its claims, each the fencing token of one. */
  attempt: number;
  /** How often it went on after a wait, a pause or a crash, within its tries. */
  resumed: number;
  /** Tries of the whole task that ended in an error. */
  failures: number;
  revision: number;
  /** Number of its last event. */
  last_event: number;
  progress: {
    fraction: number;
    message: string;
  };
  usage: UsageTotals;
  error: Failure | null;
  /** ISO 8601, UTC, milliseconds */
  created_at: string;
  started_at: string | null;
  /** ISO 8601, UTC, milliseconds */
  state_changed_at: string;
  /** ISO 8601, UTC, milliseconds */
  updated_at: string;
  ended_at: string | null;
  not_before: string | null;
  deadline_at: string | null;
  assignment: Assignment;
};

export type Operations = {
  /** List tasks, newest first */
  listTasks: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
      /** One or more, repeated or with commas. */
      state?: (State)[] | undefined;
      /** One or more, repeated or with commas. */
      kind?: (string)[] | undefined;
      conversation_id?: string | undefined;
      parent_id?: string | undefined;
      /** Those with an open question: all that wait for a person. One that does other work meanwhile is `running`, not `input_required`. */
      asks?: "true" | undefined;
      created_from?: string | undefined;
      created_before?: string | undefined;
      /** Words that the title or the input must hold, all of them. */
      q?: string | undefined;
      /** Exact values of metadata keys: metadata[KEY]=VALUE. */
      metadata?: Record<string, string> | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (TaskSummary)[];
      total: number;
      next_cursor: string | null;
    };
  };
  /** Submit a task */
  submitTask: {
    params: undefined;
    query: {
      /** Seconds to hold the answer until the task has ended, needs input or is paused. */
      wait?: number | undefined;
    } | undefined;
    body: Submit;
    answer: Task;
  };
  /** Read a task */
  getTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      /** Seconds to hold the answer until the task has ended, needs input or is paused. */
      wait?: number | undefined;
    } | undefined;
    body: undefined;
    answer: Task;
  };
  /** Hide an ended task from every list and read */
  deleteTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** What its handler has journaled */
  getSteps: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Step)[];
      next_cursor: string | null;
    };
  };
  /** What it has produced */
  getArtifacts: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Artifact)[];
      next_cursor: string | null;
    };
  };
  /** Its paid calls */
  getUsage: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (UsageCall)[];
      next_cursor: string | null;
    };
  };
  /** Why it is where it is, and when it goes on */
  getWhy: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Why;
  };
  /** Cancel it and its open children */
  cancelTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      /** For whoever looks at the task: it stands in its log, and not in the audit log. */
      reason?: string | undefined;
    } | undefined;
    answer: Task;
  };
  /** Pause it once the steps in flight have ended, or at once */
  pauseTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      /** For whoever looks at the task: it stands in its log, and not in the audit log. */
      reason?: string | undefined;
      /** Stops the steps in flight too: they are done again after the resume. */
      now?: boolean | undefined;
    } | undefined;
    answer: Task;
  };
  /** Let it go on */
  resumeTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      /** For whoever looks at the task: it stands in its log, and not in the audit log. */
      reason?: string | undefined;
    } | undefined;
    answer: Task;
  };
  /** Give it another budget */
  setBudget: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      tokens?: number | null | undefined;
      cost_usd?: number | null | undefined;
      on_spent?: "pause" | "fail" | undefined;
      /** By its tree, since somebody last let it go on with it spent. Passed over where it is handed in. */
      spent?: {
        tokens: number;
        cost_usd: number;
      } | undefined;
      /** For whoever looks at the task: it stands in its log, and not in the audit log. */
      reason?: string | undefined;
    };
    answer: Task;
  };
  /** Try it again as a new task */
  retryTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      /** For whoever looks at the task: it stands in its log, and not in the audit log. */
      reason?: string | undefined;
      /** Keep what finished steps have done. */
      reuse_journal?: boolean | undefined;
    } | undefined;
    answer: Task;
  };
  /** Answer its question, or leave a message for its next one */
  sendInput: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: Input;
    answer: Task;
  };
  /** Submit many tasks at once */
  submitTasks: {
    params: undefined;
    query: undefined;
    body: BatchSubmit;
    answer: {
      data: (BatchOutcome)[];
    };
  };
  /** Read or follow its log */
  getEvents: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      /** Number of the last event that you have. Last-Event-ID goes before it. */
      after?: number | undefined;
      /** Of a page as JSON. */
      limit?: number | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Event)[];
    };
  };
  /** Take ready tasks of kind external */
  claimWork: {
    params: undefined;
    query: undefined;
    body: {
      worker: string;
      /** As `input.queue` of the tasks names it. */
      queue?: string | undefined;
      max?: number | undefined;
      lease_ms?: number | undefined;
      /** How long to wait for the first task. */
      wait_ms?: number | undefined;
    };
    answer: {
      data: (Task)[];
    };
  };
  /** Keep the lease, and say how far it is */
  heartbeatWork: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      worker: string;
      /** As the claim gave it. */
      attempt: number;
      lease_ms?: number | undefined;
      progress?: {
        fraction: number;
        message?: string | undefined;
      } | undefined;
    };
    answer: Task;
  };
  /** Hand in the output */
  completeWork: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      worker: string;
      /** As the claim gave it. */
      attempt: number;
      output: Json;
    };
    answer: Task;
  };
  /** Say that it cannot be done, now or ever */
  failWork: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      worker: string;
      /** As the claim gave it. */
      attempt: number;
      error: {
        code: string;
        message: string;
      };
      retryable?: boolean | undefined;
    };
    answer: Task;
  };
  /** List work of people */
  getWorklist: {
    params: undefined;
    query: {
      limit?: number | undefined;
      offset?: number | undefined;
      /** Whose work. */
      of?: "mine" | "groups" | "claimable" | "mine_and_groups" | "mine_and_groups_all" | "reports" | "owned" | "reviewed" | "previous" | "created" | "all" | undefined;
      /** One or more, repeated or with commas. All when absent. */
      state?: ("assigned" | "voting" | "information" | "alerted" | "suspended" | "completed" | "errored" | "expired" | "withdrawn" | "deleted")[] | undefined;
      /** Part of the title, in any case. */
      title?: string | undefined;
      created_by?: string | undefined;
      /** Who gave it to whoever has it now. */
      from?: string | undefined;
      key?: string | undefined;
      category?: string | undefined;
      definition?: string | undefined;
      priority?: number | undefined;
      /** Inclusive. */
      due_from?: string | undefined;
      /** Inclusive. */
      due_until?: string | undefined;
      /** Such as `priority:asc,created_at:desc`, which is the newest first when absent. */
      order?: (string)[] | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (WorkItem)[];
      total: number;
    };
  };
  /** Count work of people */
  countWorklist: {
    params: undefined;
    query: {
      /** Whose work. */
      of?: "mine" | "groups" | "claimable" | "mine_and_groups" | "mine_and_groups_all" | "reports" | "owned" | "reviewed" | "previous" | "created" | "all" | undefined;
    } | undefined;
    body: undefined;
    answer: WorkCounts;
  };
  /** Find people, groups and roles */
  listIdentities: {
    params: undefined;
    query: {
      limit?: number | undefined;
      offset?: number | undefined;
      type?: "user" | "group" | "role" | undefined;
      /** Of the id or the name, in any case; `*` stands for any characters. */
      pattern?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (DirectoryEntry)[];
      total: number;
    };
  };
  /** What you may do with it now */
  listActs: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      data: (AllowedAct)[];
    };
  };
  /** Act on a task that asks people */
  actOnTask: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: Act;
    answer: Task;
  };
  /** Who did what with it, and when */
  getHistory: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (HistoryEntry)[];
      next_cursor: string | null;
    };
  };
  /** Read its comments */
  listComments: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Comment)[];
      next_cursor: string | null;
    };
  };
  /** Comment on it */
  addComment: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: {
      text: string;
      /** Kept as it is said. */
      scope?: "task" | "process" | undefined;
    };
    answer: Comment;
  };
  /** List its attachments */
  listAttachments: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      data: (Attachment)[];
    };
  };
  /** Attach a file */
  addAttachment: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: {
      /** One segment of a path; the file's own when absent. */
      name?: string | undefined;
      scope?: "task" | "process" | undefined;
    } | undefined;
    body: undefined;
    answer: Attachment;
  };
  /** Download an attachment */
  getAttachment: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** Its name. */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Remove an attachment */
  removeAttachment: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** Its name. */
      name: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** List conversations, newest first */
  listConversations: {
    params: undefined;
    query: {
      limit?: number | undefined;
      offset?: number | undefined;
      /** Those with this agent. */
      agent?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Conversation)[];
      total: number;
    };
  };
  /** Begin a conversation without a task */
  createConversation: {
    params: undefined;
    query: undefined;
    body: CreateConversation;
    answer: Conversation;
  };
  /** Read a conversation */
  getConversation: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Conversation;
  };
  /** Change a conversation's title, agent, knowledge base or context */
  updateConversation: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
    };
    query: undefined;
    body: UpdateConversation;
    answer: Conversation;
  };
  /** Delete a conversation; its tasks stay */
  deleteConversation: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Read its messages, oldest first */
  listMessages: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
    };
    query: {
      limit?: number | undefined;
      offset?: number | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Message)[];
      total: number;
    };
  };
  /** Say something that later tasks see; it starts none */
  sayMessage: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
    };
    query: undefined;
    body: {
      role?: "user" | "agent" | undefined;
      parts: (Part)[];
      /** At most 64 keys, and 16 KB of JSON. */
      metadata?: JsonObject | undefined;
    };
    answer: Message;
  };
  /** Read a message */
  getMessage: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
      /** The message's id. */
      message: string;
    };
    query: undefined;
    body: undefined;
    answer: Message;
  };
  /** Change what a message says, or its metadata */
  editMessage: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
      /** The message's id. */
      message: string;
    };
    query: undefined;
    body: EditMessage;
    answer: Message;
  };
  /** Take a message out of its conversation */
  deleteMessage: {
    params: {
      /** Its id, or the alias that it was given. */
      id: string;
      /** The message's id. */
      message: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** List agents */
  listAgents: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
      /** Hidden ones too. */
      hidden?: "true" | undefined;
      /** Ids or slugs, repeated or with commas. */
      id?: (string)[] | undefined;
      /** The one of this name, whatever its case. */
      name?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Agent)[];
      next_cursor: string | null;
    };
  };
  /** Make an agent */
  createAgent: {
    params: undefined;
    query: undefined;
    body: NewAgent;
    answer: Agent;
  };
  /** Read an agent */
  getAgent: {
    params: {
      /** Its slug or its id. */
      slug: string;
    };
    query: undefined;
    body: undefined;
    answer: Agent;
  };
  /** Change an agent */
  updateAgent: {
    params: {
      /** Its slug or its id. */
      slug: string;
    };
    query: undefined;
    body: AgentUpdate;
    answer: Agent;
  };
  /** Delete an agent; its tasks stay, and go on */
  deleteAgent: {
    params: {
      /** Its slug or its id. */
      slug: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Try guardrails on a text */
  checkText: {
    params: undefined;
    query: undefined;
    body: GuardrailCheck;
    answer: CheckedText;
  };
  /** List files, newest first */
  listFiles: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
      purpose?: "general" | "qa" | "assistants" | "user_data" | "vision" | "batch" | "fine-tune" | "evals" | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (StoredFile)[];
      next_cursor: string | null;
    };
  };
  /** Upload a file */
  uploadFile: {
    params: undefined;
    query: {
      /** Needed where no form names the file. */
      filename?: string | undefined;
      /** A name of yours; a random UUID when absent. One that is taken is a `conflict`. */
      id?: string | undefined;
      /** `general` when absent. */
      purpose?: "general" | "qa" | "assistants" | "user_data" | "vision" | "batch" | "fine-tune" | "evals" | undefined;
      /** What the bytes must have. */
      md5?: string | undefined;
      /** A file of the same bytes, or of this id, is answered as it is. */
      skip_existing?: boolean | undefined;
      /** What is made of it beside reading it. One or more, repeated or with commas. */
      analyses?: ("abstract" | "summary" | "outline" | "keywords" | "contexts" | "graph")[] | undefined;
      /** Embed it, also outside of vector stores. */
      vectorize?: boolean | undefined;
      /** Read the text of pictures too: true when absent. */
      recognize?: boolean | undefined;
      outline_as_json?: boolean | undefined;
      expires_after_ms?: number | undefined;
    } | undefined;
    body: undefined;
    answer: StoredFile;
  };
  /** Read a file's record */
  getFile: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: StoredFile;
  };
  /** Delete a file: it leaves every vector store, and its tasks are cancelled */
  deleteFile: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Download a file: the bytes as they came */
  getFileContent: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Read what was read from a file, page by page */
  listFilePages: {
    params: {
      /** Its id. */
      id: string;
    };
    query: {
      limit?: number | undefined;
      /** Number of the first page; `next` of the answer before. */
      start?: number | undefined;
    } | undefined;
    body: undefined;
    answer: FilePages;
  };
  /** Read what analyses have made of a file */
  getFileAnalysis: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: FileAnalysis;
  };
  /** Analyse a file, or embed it outside of vector stores */
  analyzeFile: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: {
      analyses?: ("abstract" | "summary" | "outline" | "keywords" | "contexts" | "graph")[] | undefined;
      vectorize?: boolean | undefined;
      outline_as_json?: boolean | undefined;
    };
    answer: StoredFile;
  };
  /** List the tasks that work or have worked on a file, newest first */
  listFileTasks: {
    params: {
      /** Its id. */
      id: string;
    };
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (TaskSummary)[];
      total: number;
      next_cursor: string | null;
    };
  };
  /** List vector stores, newest first */
  listVectorStores: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (VectorStore)[];
      next_cursor: string | null;
    };
  };
  /** Create a vector store */
  createVectorStore: {
    params: undefined;
    query: undefined;
    body: {
      /** A name of yours; random when absent. One that is taken is a `conflict`. */
      id?: string | undefined;
      name?: string | undefined;
      description?: string | undefined;
      metadata?: JsonObject | undefined;
      file_ids?: (string)[] | undefined;
      chunking?: {
        max_tokens?: number | undefined;
        overlap_tokens?: number | undefined;
      } | undefined;
      expires_after_ms?: number | null | undefined;
    };
    answer: VectorStore;
  };
  /** Read a vector store */
  getVectorStore: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: VectorStore;
  };
  /** Rename or describe a vector store, or change its end */
  updateVectorStore: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: {
      name?: string | undefined;
      description?: string | undefined;
      metadata?: JsonObject | undefined;
      expires_after_ms?: number | null | undefined;
    };
    answer: VectorStore;
  };
  /** Delete a vector store; its files stay */
  deleteVectorStore: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      id: string;
      /** The task that clears up behind it. */
      task_id: string;
    };
  };
  /** List the files of a vector store, the newest in it first */
  listVectorStoreFiles: {
    params: {
      /** Its id. */
      id: string;
    };
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
      status?: "in_progress" | "completed" | "failed" | "cancelled" | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (VectorStoreFile)[];
      next_cursor: string | null;
    };
  };
  /** Add files to a vector store */
  addVectorStoreFiles: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: {
      files: ({
        file_id: string;
        attributes?: JsonObject | undefined;
        chunking?: {
          max_tokens?: number | undefined;
          overlap_tokens?: number | undefined;
        } | undefined;
      })[];
    };
    answer: {
      data: (VectorStoreFile)[];
    };
  };
  /** Read what has become of a file in a vector store */
  getVectorStoreFile: {
    params: {
      /** Its id. */
      id: string;
      /** The id of the file. */
      file_id: string;
    };
    query: undefined;
    body: undefined;
    answer: VectorStoreFile;
  };
  /** Replace the attributes that a file has in a vector store */
  updateVectorStoreFile: {
    params: {
      /** Its id. */
      id: string;
      /** The id of the file. */
      file_id: string;
    };
    query: undefined;
    body: {
      attributes: JsonObject;
    };
    answer: VectorStoreFile;
  };
  /** Take a file out of a vector store */
  removeVectorStoreFile: {
    params: {
      /** Its id. */
      id: string;
      /** The id of the file. */
      file_id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Search a vector store, by words and by meaning */
  searchVectorStore: {
    params: {
      /** Its id. */
      id: string;
    };
    query: undefined;
    body: {
      /** One question, or up to ten, whose results are merged. */
      query: string | (string)[];
      limit?: number | undefined;
      /** `{key: value}` for equality, or a tree of `{type, key, value}` and `{type: and | or, filters}`. */
      filter?: JsonObject | undefined;
      score_min?: number | undefined;
    };
    answer: {
      data: (SearchHit)[];
    };
  };
  /** Say what the files of a vector store say, in short */
  getVectorStoreSummary: {
    params: {
      /** Its id. */
      id: string;
    };
    query: {
      /** At most so many. */
      tokens?: number | undefined;
    } | undefined;
    body: undefined;
    answer: VectorStoreSummary;
  };
  /** List the tasks that work or have worked on a vector store, newest first */
  listVectorStoreTasks: {
    params: {
      /** Its id. */
      id: string;
    };
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (TaskSummary)[];
      total: number;
      next_cursor: string | null;
    };
  };
  /** List a task's webhooks */
  listWebhooks: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      data: (Webhook)[];
    };
  };
  /** Have an address told of a task's events */
  createWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
    };
    query: undefined;
    body: WebhookOfTask;
    answer: Webhook;
  };
  /** Read a webhook */
  getWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Webhook;
  };
  /** Delete a webhook */
  deleteWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Read what was sent, and what came of it */
  listDeliveries: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: {
      limit?: number | undefined;
      /** `n` of the oldest entry of the page before. */
      before?: number | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Delivery)[];
    };
  };
  /** Send events again */
  redriveWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: Redrive;
    answer: Webhook;
  };
  /** Enable a webhook that was disabled */
  enableWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Webhook;
  };
  /** Sign with another secret */
  rotateWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: Rotate;
    answer: RotatedWebhook;
  };
  /** Try a webhook */
  testWebhook: {
    params: {
      /** `task_` and 26 characters. */
      id: string;
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Trial;
  };
  /** List webhooks of all tasks */
  listStandingWebhooks: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      data: (Webhook)[];
    };
  };
  /** Have an address told of the events of all tasks */
  createStandingWebhook: {
    params: undefined;
    query: undefined;
    body: StandingWebhook;
    answer: Webhook;
  };
  /** Read a webhook */
  getStandingWebhook: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Webhook;
  };
  /** Delete a webhook */
  deleteStandingWebhook: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Read what was sent, and what came of it */
  listStandingDeliveries: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: {
      limit?: number | undefined;
      /** `n` of the oldest entry of the page before. */
      before?: number | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Delivery)[];
    };
  };
  /** Send events again */
  redriveStandingWebhook: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: Redrive;
    answer: Webhook;
  };
  /** Enable a webhook that was disabled */
  enableStandingWebhook: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Webhook;
  };
  /** Sign with another secret */
  rotateStandingWebhook: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: Rotate;
    answer: RotatedWebhook;
  };
  /** Try a webhook */
  testStandingWebhook: {
    params: {
      /** The webhook's id. */
      webhook_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Trial;
  };
  /** What you hold, and how much there may be */
  getShare: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Share;
  };
  /** What was paid for, by day, user, agent and model */
  sumUsage: {
    params: undefined;
    query: {
      /** The first day; 29 days before the last one when absent. */
      from?: string | undefined;
      /** The last day, included; today when absent. */
      to?: string | undefined;
      /** One or more, repeated or with commas. `model` tells apart providers too. */
      group_by?: ("day" | "user" | "agent" | "model")[] | undefined;
      /** Another's takes the scope `tasks:all`. */
      user?: string | undefined;
      agent?: string | undefined;
      provider?: string | undefined;
      model?: string | undefined;
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      from: string;
      to: string;
      /** What it is not grouped by is null. */
      data: (UsageRow)[];
      /** Of all pages. */
      total: UsageSum;
      next_cursor: string | null;
    };
  };
  /** Who the key says you are */
  getCaller: {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Caller;
  };
  /** List keys */
  listKeys: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Key)[];
      next_cursor: string | null;
    };
  };
  /** Make a key */
  createKey: {
    params: undefined;
    query: undefined;
    body: {
      name: string;
      user?: string | undefined;
      scopes?: ("tasks" | "tasks:all" | "work" | "admin" | "metrics")[] | undefined;
      /** What its user belongs to: whose work that is too. */
      groups?: (string)[] | undefined;
      roles?: (string)[] | undefined;
      /** The language models that it may ask, as provider:model, where a name may end in *; those of your own key when absent. */
      models?: (string)[] | undefined;
      expires_at?: string | undefined;
      /** Below your own key: it ends with that, and takes no scope `admin`. */
      child?: boolean | undefined;
    };
    answer: CreatedKey;
  };
  /** Revoke a key, for good, within a second */
  revokeKey: {
    params: {
      /** `key_` and 32 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Key;
  };
  /** Give a key another secret */
  rotateKey: {
    params: {
      /** `key_` and 32 characters. */
      id: string;
    };
    query: undefined;
    body: {
      /** How long the secret of now goes on: 0 where others may know it. At most 30 days. */
      overlap_ms?: number | undefined;
    };
    answer: CreatedKey;
  };
  /** Revoke all keys of a user, within a second */
  revokeKeysOfUser: {
    params: undefined;
    query: undefined;
    body: {
      user: string;
    };
    answer: RevokedKeys;
  };
  /** Who did what, newest first */
  listAudit: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      cursor?: string | undefined;
      /** `oldest` goes on for ever: its cursor is never null. */
      order?: "newest" | "oldest" | undefined;
      /** Seconds to hold the answer while there is nothing new, with `order=oldest`. */
      wait?: number | undefined;
      /** Not before this moment. */
      from?: string | undefined;
      /** Before this moment. */
      before?: string | undefined;
      user?: string | undefined;
      key_id?: string | undefined;
      /** One act, such as `submit` or `keys.create`, or all of a noun: `keys`, `conversations`, `files`. */
      act?: string | undefined;
      task_id?: string | undefined;
      /** Of the caller. */
      address?: string | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (AuditEntry)[];
      next_cursor: string | null;
    };
  };
  /** The same as lines, oldest first, from a cursor on */
  exportAudit: {
    params: undefined;
    query: {
      limit?: number | undefined;
      /** `n` of the last line that you have, or `Next-Cursor` of the answer before. */
      cursor?: string | undefined;
      /** Seconds to hold the answer while there is nothing new. */
      wait?: number | undefined;
      /** Not before this moment. */
      from?: string | undefined;
      /** Before this moment. */
      before?: string | undefined;
      user?: string | undefined;
      key_id?: string | undefined;
      /** One act, such as `submit` or `keys.create`, or all of a noun: `keys`, `conversations`, `files`. */
      act?: string | undefined;
      task_id?: string | undefined;
      /** Of the caller. */
      address?: string | undefined;
    } | undefined;
    body: undefined;
    answer: undefined;
  };
  /** List erasures, latest first */
  listErasures: {
    params: undefined;
    query: {
      limit?: number | undefined;
    } | undefined;
    body: undefined;
    answer: {
      data: (Erasure)[];
    };
  };
  /** Erase all of a user, or of a conversation, for good */
  erase: {
    params: undefined;
    query: undefined;
    body: {
      /** All of this user of the tenant; takes the scope `admin`. */
      user?: string | undefined;
      /** All of this conversation, whoever has tasks in it. */
      conversation?: string | undefined;
    };
    answer: Erasure;
  };
  /** How far an erasure is, and what backups still hold */
  getErasure: {
    params: {
      /** `erasure_` and 32 characters. */
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Erasure;
  };
};

export const ROUTES = {
  listTasks: { method: "GET", path: "/v1/tasks" },
  submitTask: { method: "POST", path: "/v1/tasks" },
  getTask: { method: "GET", path: "/v1/tasks/{id}" },
  deleteTask: { method: "DELETE", path: "/v1/tasks/{id}" },
  getSteps: { method: "GET", path: "/v1/tasks/{id}/steps" },
  getArtifacts: { method: "GET", path: "/v1/tasks/{id}/artifacts" },
  getUsage: { method: "GET", path: "/v1/tasks/{id}/usage" },
  getWhy: { method: "GET", path: "/v1/tasks/{id}/why" },
  cancelTask: { method: "POST", path: "/v1/tasks/{id}/cancel" },
  pauseTask: { method: "POST", path: "/v1/tasks/{id}/pause" },
  resumeTask: { method: "POST", path: "/v1/tasks/{id}/resume" },
  setBudget: { method: "POST", path: "/v1/tasks/{id}/budget" },
  retryTask: { method: "POST", path: "/v1/tasks/{id}/retry" },
  sendInput: { method: "POST", path: "/v1/tasks/{id}/input" },
  submitTasks: { method: "POST", path: "/v1/tasks:batch" },
  getEvents: { method: "GET", path: "/v1/tasks/{id}/events" },
  claimWork: { method: "POST", path: "/v1/work/claim" },
  heartbeatWork: { method: "POST", path: "/v1/tasks/{id}/heartbeat" },
  completeWork: { method: "POST", path: "/v1/tasks/{id}/complete" },
  failWork: { method: "POST", path: "/v1/tasks/{id}/fail" },
  getWorklist: { method: "GET", path: "/v1/worklist" },
  countWorklist: { method: "GET", path: "/v1/worklist/counts" },
  listIdentities: { method: "GET", path: "/v1/identities" },
  listActs: { method: "GET", path: "/v1/tasks/{id}/acts" },
  actOnTask: { method: "POST", path: "/v1/tasks/{id}/acts" },
  getHistory: { method: "GET", path: "/v1/tasks/{id}/history" },
  listComments: { method: "GET", path: "/v1/tasks/{id}/comments" },
  addComment: { method: "POST", path: "/v1/tasks/{id}/comments" },
  listAttachments: { method: "GET", path: "/v1/tasks/{id}/attachments" },
  addAttachment: { method: "POST", path: "/v1/tasks/{id}/attachments" },
  getAttachment: { method: "GET", path: "/v1/tasks/{id}/attachments/{name}" },
  removeAttachment: { method: "DELETE", path: "/v1/tasks/{id}/attachments/{name}" },
  listConversations: { method: "GET", path: "/v1/conversations" },
  createConversation: { method: "POST", path: "/v1/conversations" },
  getConversation: { method: "GET", path: "/v1/conversations/{id}" },
  updateConversation: { method: "PATCH", path: "/v1/conversations/{id}" },
  deleteConversation: { method: "DELETE", path: "/v1/conversations/{id}" },
  listMessages: { method: "GET", path: "/v1/conversations/{id}/messages" },
  sayMessage: { method: "POST", path: "/v1/conversations/{id}/messages" },
  getMessage: { method: "GET", path: "/v1/conversations/{id}/messages/{message}" },
  editMessage: { method: "PATCH", path: "/v1/conversations/{id}/messages/{message}" },
  deleteMessage: { method: "DELETE", path: "/v1/conversations/{id}/messages/{message}" },
  listAgents: { method: "GET", path: "/v1/agents" },
  createAgent: { method: "POST", path: "/v1/agents" },
  getAgent: { method: "GET", path: "/v1/agents/{slug}" },
  updateAgent: { method: "PATCH", path: "/v1/agents/{slug}" },
  deleteAgent: { method: "DELETE", path: "/v1/agents/{slug}" },
  checkText: { method: "POST", path: "/v1/guardrails/check" },
  listFiles: { method: "GET", path: "/v1/files" },
  uploadFile: { method: "POST", path: "/v1/files" },
  getFile: { method: "GET", path: "/v1/files/{id}" },
  deleteFile: { method: "DELETE", path: "/v1/files/{id}" },
  getFileContent: { method: "GET", path: "/v1/files/{id}/content" },
  listFilePages: { method: "GET", path: "/v1/files/{id}/pages" },
  getFileAnalysis: { method: "GET", path: "/v1/files/{id}/analysis" },
  analyzeFile: { method: "POST", path: "/v1/files/{id}/analysis" },
  listFileTasks: { method: "GET", path: "/v1/files/{id}/tasks" },
  listVectorStores: { method: "GET", path: "/v1/vector-stores" },
  createVectorStore: { method: "POST", path: "/v1/vector-stores" },
  getVectorStore: { method: "GET", path: "/v1/vector-stores/{id}" },
  updateVectorStore: { method: "PATCH", path: "/v1/vector-stores/{id}" },
  deleteVectorStore: { method: "DELETE", path: "/v1/vector-stores/{id}" },
  listVectorStoreFiles: { method: "GET", path: "/v1/vector-stores/{id}/files" },
  addVectorStoreFiles: { method: "POST", path: "/v1/vector-stores/{id}/files" },
  getVectorStoreFile: { method: "GET", path: "/v1/vector-stores/{id}/files/{file_id}" },
  updateVectorStoreFile: { method: "PATCH", path: "/v1/vector-stores/{id}/files/{file_id}" },
  removeVectorStoreFile: { method: "DELETE", path: "/v1/vector-stores/{id}/files/{file_id}" },
  searchVectorStore: { method: "POST", path: "/v1/vector-stores/{id}/search" },
  getVectorStoreSummary: { method: "GET", path: "/v1/vector-stores/{id}/summary" },
  listVectorStoreTasks: { method: "GET", path: "/v1/vector-stores/{id}/tasks" },
  listWebhooks: { method: "GET", path: "/v1/tasks/{id}/webhooks" },
  createWebhook: { method: "POST", path: "/v1/tasks/{id}/webhooks" },
  getWebhook: { method: "GET", path: "/v1/tasks/{id}/webhooks/{webhook_id}" },
  deleteWebhook: { method: "DELETE", path: "/v1/tasks/{id}/webhooks/{webhook_id}" },
  listDeliveries: { method: "GET", path: "/v1/tasks/{id}/webhooks/{webhook_id}/deliveries" },
  redriveWebhook: { method: "POST", path: "/v1/tasks/{id}/webhooks/{webhook_id}/redrive" },
  enableWebhook: { method: "POST", path: "/v1/tasks/{id}/webhooks/{webhook_id}/enable" },
  rotateWebhook: { method: "POST", path: "/v1/tasks/{id}/webhooks/{webhook_id}/rotate" },
  testWebhook: { method: "POST", path: "/v1/tasks/{id}/webhooks/{webhook_id}/test" },
  listStandingWebhooks: { method: "GET", path: "/v1/webhooks" },
  createStandingWebhook: { method: "POST", path: "/v1/webhooks" },
  getStandingWebhook: { method: "GET", path: "/v1/webhooks/{webhook_id}" },
  deleteStandingWebhook: { method: "DELETE", path: "/v1/webhooks/{webhook_id}" },
  listStandingDeliveries: { method: "GET", path: "/v1/webhooks/{webhook_id}/deliveries" },
  redriveStandingWebhook: { method: "POST", path: "/v1/webhooks/{webhook_id}/redrive" },
  enableStandingWebhook: { method: "POST", path: "/v1/webhooks/{webhook_id}/enable" },
  rotateStandingWebhook: { method: "POST", path: "/v1/webhooks/{webhook_id}/rotate" },
  testStandingWebhook: { method: "POST", path: "/v1/webhooks/{webhook_id}/test" },
  getShare: { method: "GET", path: "/v1/share" },
  sumUsage: { method: "GET", path: "/v1/usage" },
  getCaller: { method: "GET", path: "/v1/me" },
  listKeys: { method: "GET", path: "/v1/keys" },
  createKey: { method: "POST", path: "/v1/keys" },
  revokeKey: { method: "DELETE", path: "/v1/keys/{id}" },
  rotateKey: { method: "POST", path: "/v1/keys/{id}/rotate" },
  revokeKeysOfUser: { method: "POST", path: "/v1/keys/revoke" },
  listAudit: { method: "GET", path: "/v1/audit" },
  exportAudit: { method: "GET", path: "/v1/audit/export" },
  listErasures: { method: "GET", path: "/v1/erasures" },
  erase: { method: "POST", path: "/v1/erasures" },
  getErasure: { method: "GET", path: "/v1/erasures/{id}" },
} as const;
