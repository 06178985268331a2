/** How many tasks or configurations a page has. */
export const PAGE_SIZE = 50;
export const PAGE_SIZE_MAX = 100;
