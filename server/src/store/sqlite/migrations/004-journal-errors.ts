/** Schema version 4: the errors of a journal by time, so that its last one is found without reading what stands beside it. */
export const journalErrors = `
CREATE INDEX journal_errors ON journal (task, at) WHERE error IS NOT NULL;
`;
