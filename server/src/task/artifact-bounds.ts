/** What the artifacts of a task may grow to: apart from their schemas, for those who only count. */

/** Of one task. */
export const ARTIFACTS_MAX = 10_000;
/** Of one artifact as JSON, all its updates together: it can be read as a whole. */
export const ARTIFACT_BYTES_MAX = 32 << 20;
