/**
 * Schema version 32: what the code of a task is given of what somebody said, where it is not what was said: words that were
 * read as the form of a question wants them. Null where it is the value itself.
 */
export const answersGiven = `
ALTER TABLE inbox ADD COLUMN answer TEXT;
`;
