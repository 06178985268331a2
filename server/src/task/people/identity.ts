/** Whom work is given to: a person, or everybody of a group or with a role. Ids are those of keys and of the directory. */
import { z } from "zod";

export const IDENTITY_TYPES = ["user", "group", "role"] as const;
export type IdentityType = (typeof IDENTITY_TYPES)[number];

export const IDENTITY_ID_MAX = 255;

export const identity = z.strictObject({
  type: z.enum(IDENTITY_TYPES),
  id: z.string().min(1).max(IDENTITY_ID_MAX),
});
export type Identity = z.infer<typeof identity>;

export function isSame(one: Identity, other: Identity): boolean {
  return one.type === other.type && one.id === other.id;
}

/** Everything as which somebody may take part. */
export type Member = { user: string; groups?: readonly string[]; roles?: readonly string[] };

/** Whether somebody is this identity, belongs to it or has it. */
export function isMember(member: Member, { type, id }: Identity): boolean {
  switch (type) {
    case "user":
      return member.user === id;
    case "group":
      return member.groups?.includes(id) ?? false;
    case "role":
      return member.roles?.includes(id) ?? false;
  }
}

/** The same as a list, oneself first. */
export function identitiesOf({ user, groups = [], roles = [] }: Member): Identity[] {
  return [
    { type: "user", id: user },
    ...groups.map((id): Identity => ({ type: "group", id })),
    ...roles.map((id): Identity => ({ type: "role", id })),
  ];
}
