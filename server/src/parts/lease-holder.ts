/**
 * By what name a server takes leases of its store. Whoever has locked the data folder is its only server, and goes on at once
 * with what the one before it was at when it died.
 */
export const LEASE_HOLDER = "server";
