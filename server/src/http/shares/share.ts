/** What one key, tenant or address may have of the server at once, and within a minute. Null is any number. */
type Bound = number | null;

export type AddressShare = Readonly<{
  requestsPerMinute: Bound;
  /** In work at once; those that are held on purpose count as streams. */
  requests: Bound;
  /** Of JSON bodies whose requests are in work. */
  bodiesBytes: Bound;
  connections: Bound;
}>;

export type Share = AddressShare & Readonly<{ streams: Bound; searches: Bound }>;

export type Shares = Readonly<{
  key: Share;
  /** In place of `key`, for keys of a tier. */
  tiers: ReadonlyMap<string, Share>;
  tenant: Share;
  /** In place of `tenant`, for some. */
  tenants: ReadonlyMap<string, Share>;
  /** Of requests without an accepted key. */
  address: AddressShare;
}>;
