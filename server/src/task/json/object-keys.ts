/**
 * Of one object, however deep it lies. Its keys are listed at once wherever it is copied, checked, written or read, as
 * nothing else of a long value is, and several places do so in one turn: 10,000 take some 30 ms of one in all, 50,000 six
 * times as long.
 */
export const OBJECT_KEYS_MAX = 10_000;
