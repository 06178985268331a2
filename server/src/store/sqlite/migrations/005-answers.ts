/**
 * Schema version 5: an input says which question it answers. Old ones say none: what they answer is looked up by the
 * name that they give.
 */
export const answers = `
-- Journal key of the question that was open when it came; null for what waits for a question.
ALTER TABLE inbox ADD COLUMN question TEXT;
`;
