/** Schema version 22: what is known of a journaled call beside its result: its tries, and the task that it began. */
export const stepTraces = `
ALTER TABLE journal ADD COLUMN trace TEXT;
`;
