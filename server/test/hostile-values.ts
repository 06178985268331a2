/** What handlers can throw that breaks whoever looks at it. */
const gone = Proxy.revocable({}, {});
gone.revoke();

function refuse(): never {
  throw new Error("Not to be read.");
}

function ownCause(): Error {
  const error = new Error("its own cause");
  error.cause = error;
  return error;
}

export const HOSTILE: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  symbol: Symbol("stray"),
  "closed proxy": gone.proxy,
  "proxy that throws": new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse }),
  "proxy of an error": new Proxy(new Error("inside"), { get: refuse, ownKeys: refuse }),
  "message that throws": Object.defineProperty(new Error(), "message", { get: refuse, enumerable: true }),
  "stack that throws": Object.defineProperty(new Error("a stack"), "stack", { get: refuse }),
  "name that is none": Object.assign(new Error("a name"), { name: Symbol("name") }),
  "field that throws": Object.defineProperty(new Error("a field"), "more", { get: refuse, enumerable: true }),
  "field that no JSON holds": Object.assign(new Error("a field"), { more: 1n, closed: gone.proxy }),
  "error that is its own cause": ownCause(),
  "cause that is closed": new Error("a cause", { cause: gone.proxy }),
  "text that throws": { toString: refuse, [Symbol.toPrimitive]: refuse },
  "stack of megabytes": Object.assign(new Error("a long stack"), { stack: "    at a (b.ts:1:1)\n".repeat(1 << 17) }),
  "method of JSON that throws": Object.assign(new Error("to JSON"), { toJSON: refuse }),
};
