/** Schema version 6: what nobody has taken out of an inbox yet, found without going over what was taken. */
export const inboxOpen = `
CREATE INDEX inbox_open ON inbox (task, n) WHERE taken = 0;
`;
