/** What the protocol calls each thing that goes wrong: the code of JSON-RPC, and how HTTP and gRPC say it. */
import { Refusal, type RefusalDetail } from "../../task/errors.ts";

export type Fault = {
  code: number;
  /** Over HTTP. */
  status: number;
  grpc: string;
  /** In the details of 1.0; null for what is no error of the protocol's own. */
  reason: string | null;
};

export const FAULTS = {
  taskNotFound: { code: -32001, status: 404, grpc: "NOT_FOUND", reason: "TASK_NOT_FOUND" },
  taskNotCancelable: { code: -32002, status: 400, grpc: "FAILED_PRECONDITION", reason: "TASK_NOT_CANCELABLE" },
  pushNotSupported: {
    code: -32003,
    status: 400,
    grpc: "FAILED_PRECONDITION",
    reason: "PUSH_NOTIFICATION_NOT_SUPPORTED",
  },
  unsupportedOperation: { code: -32004, status: 400, grpc: "FAILED_PRECONDITION", reason: "UNSUPPORTED_OPERATION" },
  contentTypeNotSupported: {
    code: -32005,
    status: 400,
    grpc: "INVALID_ARGUMENT",
    reason: "CONTENT_TYPE_NOT_SUPPORTED",
  },
  invalidAgentResponse: { code: -32006, status: 500, grpc: "INTERNAL", reason: "INVALID_AGENT_RESPONSE" },
  extendedCardNotConfigured: {
    code: -32007,
    status: 400,
    grpc: "FAILED_PRECONDITION",
    reason: "EXTENDED_AGENT_CARD_NOT_CONFIGURED",
  },
  extensionRequired: { code: -32008, status: 400, grpc: "FAILED_PRECONDITION", reason: "EXTENSION_SUPPORT_REQUIRED" },
  versionNotSupported: { code: -32009, status: 400, grpc: "FAILED_PRECONDITION", reason: "VERSION_NOT_SUPPORTED" },
  parse: { code: -32700, status: 400, grpc: "INVALID_ARGUMENT", reason: null },
  invalidRequest: { code: -32600, status: 400, grpc: "INVALID_ARGUMENT", reason: null },
  noAgent: { code: -32600, status: 404, grpc: "NOT_FOUND", reason: null },
  methodNotFound: { code: -32601, status: 404, grpc: "UNIMPLEMENTED", reason: null },
  methodNotAllowed: { code: -32601, status: 405, grpc: "UNIMPLEMENTED", reason: null },
  invalidParams: { code: -32602, status: 400, grpc: "INVALID_ARGUMENT", reason: null },
  conflict: { code: -32602, status: 409, grpc: "ABORTED", reason: null },
  internal: { code: -32603, status: 500, grpc: "INTERNAL", reason: null },
  unauthenticated: { code: -32000, status: 401, grpc: "UNAUTHENTICATED", reason: null },
  forbidden: { code: -32000, status: 403, grpc: "PERMISSION_DENIED", reason: null },
  tooLarge: { code: -32600, status: 413, grpc: "OUT_OF_RANGE", reason: null },
  mediaType: { code: -32005, status: 415, grpc: "INVALID_ARGUMENT", reason: "CONTENT_TYPE_NOT_SUPPORTED" },
  rateLimited: { code: -32000, status: 429, grpc: "RESOURCE_EXHAUSTED", reason: null },
  unavailable: { code: -32000, status: 503, grpc: "UNAVAILABLE", reason: null },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** Those that say more than their sentence, for programs: texts by their names. */
export type FaultMetadata = Readonly<Record<string, string>>;

/** A refusal for which the protocol has an error of its own. */
export class ProtocolRefusal extends Refusal {
  readonly fault: FaultName;
  readonly metadata: FaultMetadata;

  constructor(fault: FaultName, message: string, metadata: FaultMetadata = {}, detail: RefusalDetail = {}) {
    super(FAULTS[fault].status === 404 ? "not_found" : "invalid", message, detail);
    this.fault = fault;
    this.metadata = metadata;
  }
}

export type Violation = { field: string; description: string };

/** Parameters that do not fit. */
export class InvalidParams extends Refusal {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    const [first] = violations;
    super("invalid", first === undefined ? "Invalid parameters" : `${first.field}: ${first.description}`);
    this.violations = violations;
  }
}
