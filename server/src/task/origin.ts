/** Where a request came from, as far as its server can tell. */
export type Origin = {
  /** Of the caller, behind the proxies that are trusted. */
  address: string;
  /** The API that it came by. */
  lens: string;
  /** The id that its answer and the server's own log name it by. */
  request: string;
};
