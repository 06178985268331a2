/** How much is asked of the server at once, and of what kinds. */
export type Profile = {
  openMax: number;
  /** Tasks that run at once; the server's own number when null. */
  slots: number | null;
  kinds: readonly [string, ...string[]];
  stepMs: readonly [number, ...number[]];
};

const PROFILES: Record<string, Profile> = {
  quick: {
    openMax: 120,
    slots: null,
    kinds: ["chain", "chain", "chain", "tree", "nap", "ask", "external"],
    stepMs: [1, 5, 20, 100, 400, 1_500],
  },
  /** More open tasks than slots, and values that lie in files of their own. */
  heavy: {
    openMax: 500,
    slots: 20,
    kinds: ["chain", "tree", "tree", "bulk", "nap", "ask", "external"],
    stepMs: [1, 5, 20, 100],
  },
};

export function profileOf(name: string): Profile {
  const profile = PROFILES[name];
  if (!profile) throw new Error(`There is no profile "${name}", only ${Object.keys(PROFILES).join(" and ")}.`);
  return profile;
}
