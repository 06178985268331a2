/** Whom work is given to, as people write it: `fay`, `group:finance`, `role:head`. */
import type { Identity, Waybill } from "@waybill/sdk";
import { element } from "./element.ts";

const TYPED = /^(user|group|role):(.+)$/s;
const SUGGESTED = 200;

function identityText({ type, id }: Identity): string {
  return type === "user" ? id : `${type} ${id}`;
}

/** Several, as a reader is told of them. */
export function namesOf(identities: readonly Identity[]): string {
  return identities.map(identityText).join(", ");
}

/** Those that are written with commas between them. */
export function identitiesIn(text: string): Identity[] {
  return text.split(",").flatMap((part): Identity[] => {
    const said = part.trim();
    if (said === "") return [];
    const [, type, id] = TYPED.exec(said) ?? [];
    return type === "group" || type === "role" ? [{ type, id: (id ?? "").trim() }] : [{ type: "user", id: id ?? said }];
  });
}

/** Those of the directory, for fields to suggest. Where nobody may read it, none. */
export async function suggestions(client: Waybill, id: string): Promise<HTMLDataListElement> {
  const found = await client.human.identities({ limit: SUGGESTED }).catch(() => []);
  const options = found.map(({ type, id, name }) =>
    element("option", { value: type === "user" ? id : `${type}:${id}` }, name === id ? type : name),
  );
  return element("datalist", { id }, ...options);
}
