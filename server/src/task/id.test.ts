import fc from "fast-check";
import { expect, test } from "vitest";
import { isTaskId, taskIdFromBytes, taskIdFromUuid, uuidFromBytes, uuidFromTaskId, uuidV7Bytes } from "./id.ts";

const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });

test("a task's id and its UUID are two spellings of the same 128 bits", () => {
  fc.assert(
    fc.property(sixteen, (bytes) => {
      const id = taskIdFromBytes(bytes);
      expect(isTaskId(id)).toBe(true);
      expect(uuidFromTaskId(id)).toBe(uuidFromBytes(bytes));
      expect(taskIdFromUuid(uuidFromBytes(bytes))).toBe(id);
      expect(taskIdFromUuid(uuidFromBytes(bytes).toUpperCase())).toBe(id);
    }),
  );
});

test("both spellings stand in the order of their making", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), sixteen, sixteen, (one, other, random, more) => {
      const ids = [uuidV7Bytes(one, random), uuidV7Bytes(other, more)].map(taskIdFromBytes);
      const [first = "", second = ""] = ids;
      expect(uuidFromTaskId(first) < uuidFromTaskId(second)).toBe(first < second);
    }),
  );
});
