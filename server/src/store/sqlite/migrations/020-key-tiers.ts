/** Schema version 20: the tier of a key, which says how large its share of the server is. */
export const keyTiers = `
ALTER TABLE keys ADD COLUMN tier TEXT;
`;
