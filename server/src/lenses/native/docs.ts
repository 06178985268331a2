import type { Route } from "./route.ts";
export function docsPage({ routes, version }: { routes: readonly Route[]; version: string }): string {
  return `<!doctype html><title>Waybill ${version}</title>${routes.length}`;
}
