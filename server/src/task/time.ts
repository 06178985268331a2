/** Moments, as every schema has them. */
import { z } from "zod";

/** Of a `Date`: what is later has no date that somebody could be shown. */
export const MOMENT_MAX = 8_640_000_000_000_000;

/** Unix milliseconds. */
export const time = z.int().min(0).max(MOMENT_MAX);
