/** The lens, by which clients' names of contexts are kept. */
export const NAMES = "a2a";
