import type { Static, TObject } from '@sinclair/typebox';
import type { Caller, Scope } from './caller';
import type { Code } from './codes';
import type { Call, Services } from './context';
import type { ZdError } from './error';

/** What a route sees of the HTTP request beside its input. The body is unread; whoever reads it bounds it. */
export interface RouteCall<E extends Code = Code> extends Call<E> {
  readonly method: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The whole body at once, for a route that takes little; null when it is over the limit. No more than that is ever held. */
  bytes(limit: number): Promise<Uint8Array | null>;
}

/** One success of a route, for the API document. */
export interface RouteReply {
  readonly status: number;
  readonly description: string;
  /** Media type of the body; absent for an empty one. */
  readonly type?: string;
  /** JSON Schema of a JSON body. */
  readonly schema?: TObject;
}

export interface RouteSpec<I extends TObject, E extends Code> {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
  /** `GET` answers `HEAD` too. */
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Segments may be `:field`; the last one `*field`, which takes the rest of the path with its slashes. */
  readonly path: `/${string}`;
  /** Path fields and query parameters; numbers and booleans are converted from text before validation. */
  readonly input: TObject & I;
  /** `self`: a caller without credentials gets in as `ANONYMOUS`, which no scope is granted to; the handler must prove who it is itself. */
  readonly auth?: 'self';
  /** What it takes as a body; absent when it takes none. */
  readonly requestBody?: { readonly type: string; readonly description: string };
  readonly replies: readonly RouteReply[];
  readonly errors: readonly E[];
  /** How it writes a failure, where its clients know another format than ours. */
  readonly failureBody?: (error: ZdError) => Readonly<Record<string, unknown>>;
  readonly example: Static<I>;
  readonly handle: (services: Services, input: Static<I>, call: RouteCall<E>) => Response | Promise<Response>;
}

/** Where the content of a reply lies, told on the unix socket only: the file's inode, a blank, its path percent-encoded. */
export const FILE_HEADER = 'zd-file';

/**
 * A plain HTTP route, for what a JSON operation cannot carry: bytes of any length, another service's format. Same gate, scopes,
 * validation and counters as an op.
 */
export interface Route extends Omit<RouteSpec<TObject, Code>, 'handle' | 'example'> {
  readonly kind: 'route';
  readonly example: Readonly<Record<string, unknown>>;
  readonly handle: (services: Services, input: never, call: RouteCall) => Response | Promise<Response>;
}

export function defineRoute<I extends TObject, const E extends Code = never>(spec: RouteSpec<I, E>): Route {
  return { kind: 'route', ...spec } as unknown as Route;
}

/** Who calls a route with `auth: 'self'` without credentials. */
export const ANONYMOUS: Caller = { via: 'tcp', label: 'anonymous', scopes: [], source: 'http' };

/** A body that is made as it is taken: the next chunk is asked for when the socket has taken the one before; a client that leaves ends the generator. */
export const bodyOfChunks = (chunks: AsyncGenerator<Uint8Array>): ReadableStream =>
  new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
