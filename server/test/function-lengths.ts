/**
 * The functions of a source file and how long they are. It reads the text as the formatter writes it: a function ends at
 * the first brace that stands where its head began. A list of tests is no function: each of its tests counts alone.
 */
export type FunctionLength = { head: string; line: number; lines: number };

const HEAD = /(=>|\)|\): .+) \{$/;
const NO_FUNCTION = /^\s*(\} )?(if|for|while|switch|catch|else|with|describe)\b/;
const TEST = /^\s*(it|test|describe)[.(]/;

export function functionLengths(text: string): FunctionLength[] {
  const lines = text.split("\n");
  return lines.flatMap((head, at) => {
    if (!HEAD.test(head) || NO_FUNCTION.test(head)) return [];
    const indent = indentOf(head);
    const length = lines.slice(at + 1).findIndex((line) => line.startsWith(`${indent}}`)) + 2;
    const isList = lines
      .slice(at + 1, at + length - 1)
      .some((line) => indentOf(line) === `${indent}  ` && TEST.test(line));
    return isList ? [] : [{ head, line: at + 1, lines: length }];
  });
}

function indentOf(line: string): string {
  return /^ */.exec(line)?.[0] ?? "";
}
