/** Schema version 23: the language models that a key may ask, as a list in JSON; any where it is null. */
export const keyModels = `
ALTER TABLE keys ADD COLUMN models TEXT;
`;
