/**
 * The name by which a server takes leases of its store. The owner of a data folder is its only server, and continues at once what the
 * one before it was doing when it died.
 */
export const LEASE_HOLDER = "server";
