import { expect, it } from "vitest";
import { HIDDEN, secretsOf, withoutSecrets } from "./redaction.ts";

it.each([
  ["Incorrect API key provided: sk-proj-abc123DEF456ghi789. You can find it.", "abc123DEF456ghi789"],
  ["Incorrect API key provided: sk-proj-********************6789.", "6789"],
  ["key sk_STd5wLnKndYJtpGykIP3-jHlIErShuII0b4gJCb_uFQ is unknown", "jHlIErShuII0b4gJCb"],
  ["invalid x-api-key: abc-123-def-456", "abc-123-def-456"],
  ['{"error":"bad","authorization":"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s-g"}', "eyJzdWIiOiIxIn0"],
  ["Authorization: Basic YWRhOnBhc3N3b3JkMQ==", "YWRhOnBhc3N3b3JkMQ"],
  ["fetch https://ada:hunter2@models.example/v1 failed", "hunter2"],
  ["GET https://hooks.example/in?api_key=a1b2c3&x=1 is 500", "a1b2c3"],
  ["https://hooks.example/in?x=1&token=abc", "token=abc"],
  ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw was refused", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["s3 said https://b.example/k?X-Amz-Signature=fe5f80f77d5fa3be", "fe5f80f77d5fa3be"],
  ["passphrase=correct-horse-battery", "correct-horse-battery"],
  [String.raw`{"body":"{\"password\":\"pass_word_1\"}"}`, "pass_word_1"],
])("%s", (text, secret) => {
  expect(withoutSecrets(text)).not.toContain(secret);
  expect(withoutSecrets(text)).toContain(HIDDEN);
});

it("hides what is known wherever it stands", () => {
  expect(withoutSecrets("Your token Tr0ub4dor is spent: Tr0ub4dor", ["Tr0ub4dor", "is"])).toBe(
    `Your token ${HIDDEN} is spent: ${HIDDEN}`,
  );
});

it("hides a known secret whole, also where another begins as it does, and where JSON or several lines have it", () => {
  const env = {
    A_KEY: "twin-777",
    B_KEY: "twin-777-and-more",
    PGPASSWORD: 'w"r\\d 1234',
    TLS_KEY: "-----BEGIN KEY-----\nMIIEv1234\n-----END KEY-----",
    OLDPWD: "/home/ada/work-2026",
    COUNT: "12345678",
  };
  expect(withoutSecrets('{"time":1795794616328} 17957946', ["17957946"])).toBe(`{"time":1795794616328} ${HIDDEN}`);
  const { OLDPWD, COUNT, ...secret } = env;
  for (const value of Object.values(secret)) {
    expect(withoutSecrets(`it is ${value}.`, secretsOf(env))).toBe(`it is ${HIDDEN}.`);
    expect(withoutSecrets(JSON.stringify({ said: value }), secretsOf(env))).toBe(`{"said":"${HIDDEN}"}`);
  }
  expect(withoutSecrets(`${OLDPWD} ${COUNT}`, secretsOf(env))).toBe(`${OLDPWD} ${COUNT}`);
});

it("knows a secret of the environment by its variable, also without a digit, unless it is a short word or the place of a file", () => {
  const env = {
    DB_PASSWORD: "correct-horse-battery",
    OPENAI_API_KEY: "dGhpc0lzQVNlY3JldA",
    OPENAI_API_KEY_2: "abcdefghijklmnop",
    SESSION_SECRET_OLD: "letMeInPlease",
    MYSQL_PASSWD: "swordfish!",
    HOOK_TOKEN: "Zeitgeist-und-Wanderlust",
  };
  for (const value of Object.values(env)) {
    expect(secretsOf(env)).toContain(value);
    expect(withoutSecrets(`it said "${value}" to us`, secretsOf(env))).toBe(`it said "${HIDDEN}" to us`);
  }
  expect(withoutSecrets("abcdefghijklmnopq is an alphabet", secretsOf(env))).toBe("abcdefghijklmnopq is an alphabet");
  const letters = [env.OPENAI_API_KEY_2];
  for (const before of [
    "\n",
    "\\n",
    "\\t",
    "\\u001b",
    "\\x1b",
    "\u001b[31m",
    "\\u001b[1;31m",
    "%2F",
    "%3d",
    "mysql -u root -p",
    "_",
    "0",
  ])
    expect(withoutSecrets(`${before}${letters[0]}\\n`, letters)).toBe(`${before}${HIDDEN}\\n`);
  for (const before of ["x", "non", "un-p", "u", "%2g"])
    expect(withoutSecrets(`${before}${letters[0]}`, letters)).toBe(`${before}${letters[0]}`);
  const plain = {
    API_KEY: "disabled",
    A_TOKEN: "none",
    B_SECRET: "changeme",
    TLS_KEY: "/etc/ssl/private/server.key",
    C_KEY: "C:\\keys\\server.pem",
    PASSWORD_FILE: "/run/secrets/database",
    KEYBOARD: "a-very-long-layout",
  };
  expect(secretsOf(plain)).toEqual([]);
});

it.each([
  "task_01M8CY1XW5EGT9P1GH9G97JQJV could not be read",
  "An API key is needed: Authorization: Bearer sk_…",
  "Basic authentication is not enough for this risk-assessment",
  "The scope tasks:all; password: needed",
  "http://localhost:7420/v1/tasks?limit=5&q=token mail ada@example.com",
  "400 tokens: max_tokens=100000",
])("leaves as it is: %s", (text) => {
  expect(withoutSecrets(text)).toBe(text);
});

it("takes no longer than the text is long", () => {
  for (const hostile of [
    "://".repeat(30_000),
    "Bearer ".repeat(15_000),
    "sk-".repeat(30_000),
    "?key=".repeat(20_000),
  ]) {
    const began = process.cpuUsage().user;
    withoutSecrets(hostile);
    expect(process.cpuUsage().user - began).toBeLessThan(2_000_000);
  }
});
