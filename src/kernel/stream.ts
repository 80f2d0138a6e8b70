import type { Static, TObject } from '@sinclair/typebox';
import type { Scope } from './caller';
import type { Code } from './codes';
import type { Call, Services } from './context';
import type { CliHints } from './op';

/** One event of a stream, for the transport to encode. */
export interface Frame {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
  /** Milliseconds after which an `EventSource` is to come back, from here on. */
  readonly retry?: number;
}

/**
 * Frames that were encoded once and are shared by every subscriber of the same view: the transport writes the bytes
 * as they are. `sse` and `ndjson` hold the same frames in the two formats.
 */
export interface EncodedFrames {
  readonly count: number;
  sse(): Uint8Array;
  ndjson(): Uint8Array;
}

/** Frames that come by themselves, to whoever takes them. */
export interface Feed {
  /**
   * Gives `take` each item in the turn in which it is made, as long as it says that there is room for more. Resolves when there is
   * something it was not given.
   */
  pass(take: (item: EncodedFrames) => boolean): Promise<void>;
}

/**
 * A finite stream gives its last frame this id. Who resumes behind it has had everything: the transport answers 204, after which an
 * `EventSource` stays away for good (WHATWG HTML §9.2.3).
 */
export const END_ID = 'end';

export const isEncoded = (item: Frame | EncodedFrames): item is EncodedFrames => 'count' in item;

/** What a stream sees of the request that opens it. */
export interface Opening {
  readonly lastEventId: string | null;
  readonly headers: Headers;
  /** Says, before the handler returns, behind which id the frames begin: what was asked for, unless that is gone. Clients are told in a header. */
  startsBehind(id: string): void;
  /**
   * Where the transport can be written to at any time: a generator that has nothing to yield awaits this for a feed of its frames, which
   * go out past it. It costs a reader a fraction of a wake-up per frame.
   */
  readonly relay?: (feed: Feed) => Promise<void>;
}

/** One opening of a stream, as its handler sees it. */
export interface StreamCall<E extends Code = Code> extends Call<E>, Opening {}

export interface StreamSpec<I extends TObject, E extends Code> {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
  /** `GET` of this path. */
  readonly path: `/${string}`;
  /** Query parameters; numbers and booleans are converted from text before validation. */
  readonly input: I;
  /** The `event:` names a client may see. */
  readonly events: readonly string[];
  readonly errors: readonly E[];
  readonly cli?: CliHints<Extract<keyof Static<I>, string>>;
  readonly example: Static<I>;
  /**
   * Checks the input and subscribes before it returns, so a refused stream is a plain failure reply and nothing
   * published after the reply's first byte is missed. `call.signal` aborts when the client leaves; the generator's
   * `finally` releases what it holds.
   */
  readonly handle: (services: Services, input: Static<I>, call: StreamCall<E>) => AsyncGenerator<Frame | EncodedFrames>;
}

export interface Stream extends Omit<StreamSpec<TObject, Code>, 'handle' | 'cli' | 'example'> {
  readonly kind: 'stream';
  readonly cli?: CliHints;
  readonly example: Readonly<Record<string, unknown>>;
  readonly handle: (services: Services, input: never, call: StreamCall) => AsyncGenerator<Frame | EncodedFrames>;
}

/** Declares one stream. It is an op whose handler is a generator: same scopes, validation, documents and counters. */
export function defineStream<I extends TObject, const E extends Code = never>(spec: StreamSpec<I, E>): Stream {
  return { kind: 'stream', ...spec } as unknown as Stream;
}
