/** Bounds of a part's analysis: apart from its schema, which the processes that read parts do not load. */

/** Per part. */
export const SENTENCES_MAX = 60;
export const HEADINGS_MAX = 300;
export const PHRASES_MAX = 250;
export const ENTITIES_MAX = 120;
export const PAIRS_MAX = 150;
export const CONTEXTS_MAX = 60;
