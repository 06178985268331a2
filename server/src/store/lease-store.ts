/**
 * Leases: what one of several processes of a store does at a time, and another once the first has not said for a while that
 * it still does. Moments are Unix milliseconds of the processes' own clocks.
 */
export interface LeaseStore {
  /** Takes it, or holds it on, until `until`; false while another has it, whose time is not over by `now`. */
  takeLease(name: string, holder: string, time: { now: number; until: number }): Promise<boolean>;
  /** Another need not wait any more. Does nothing where this holder has it no longer. */
  returnLease(name: string, holder: string): Promise<void>;
}
