/** What becomes of a stage by the votes of its assignees. Pure. */
import type { Assignment, Stage } from "./assignment.ts";

type Vote = Pick<Assignment["votes"][number], "outcome">;

/**
 * The outcome of a stage, or null while it is open. The one that has as many votes as are needed wins. Once the first
 * declared outcome can no longer have them, the stage's `otherwise` does, or else the most frequent of the others, the
 * one that was declared first among equals. Whoever is the last to vote has decided in any case.
 */
export function outcomeOf(
  stage: Pick<Stage, "votes" | "otherwise">,
  voters: number,
  outcomes: readonly string[],
  votes: readonly Vote[],
): string | null {
  const needed = votesNeededOf(stage, voters);
  const of = (outcome: string) => votes.filter((vote) => vote.outcome === outcome).length;
  const won = outcomes.find((outcome) => of(outcome) >= needed);
  if (won !== undefined) return won;
  const [first = "", ...others] = outcomes;
  const isStillPossible = of(first) + (voters - votes.length) >= needed;
  if (isStillPossible) return null;
  if (stage.otherwise !== null) return stage.otherwise;
  const [frequent] = others.toSorted((a, b) => of(b) - of(a));
  return frequent ?? first;
}

/** How many must say the same: never more than there are. */
export function votesNeededOf({ votes }: Pick<Stage, "votes">, voters: number): number {
  if (votes === "any") return 1;
  return votes === "all" ? voters : Math.min(votes, voters);
}
