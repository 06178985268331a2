/** As far as these tests use it; its own package has no types. */
declare module "express" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  type Listener = (request: IncomingMessage, response: ServerResponse) => void;
  type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
  type Found<Params> = (request: IncomingMessage & { params: Params }, response: ServerResponse) => void;
  export type RequestHandler = Middleware;
  export default function express(): Listener & {
    use(handler: Middleware): void;
    use(path: string, handler: RequestHandler): void;
    get(path: string, handler: Found<Record<string, string>>): void;
  };
}
