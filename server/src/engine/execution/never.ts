/** A promise that never settles; a new one each time, so that nothing gathers on it. */
export function never<Result>(): Promise<Result> {
  return new Promise(() => {});
}
