import type { EncodedFrames, Frame } from '../../kernel/stream';

/** How frames are read. */
export interface ReadOptions {
  /** NDJSON lines as a socket has them: `{event, event_id, …}`, what changed beside them. */
  readonly flat?: boolean;
  /** Told at once behind which id the frames begin. */
  readonly startsBehind?: (id: string) => void;
}

/** What to watch and how it is told. Texts are as the caller gave them. */
export interface WatchRequest {
  /** Absolute. */
  readonly path: string;
  readonly recursive: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly gitignore: boolean;
  readonly debounceMs: number;
  /** `never`: a folder over the limits of the system is a failure instead of being polled. */
  readonly poll: 'auto' | 'never' | 'always';
}

export interface WatchInfo {
  readonly watch_id: number;
  /** Links resolved. */
  readonly path: string;
  readonly given_path: string;
  readonly recursive: boolean;
  /** Watches on the same path. */
  readonly ref_count: number;
  readonly state: string;
  readonly reason: string | null;
  readonly entries: number;
  readonly streams: number;
  /** Milliseconds since the epoch; null for a watch that ends with its stream. */
  readonly lease_ends: number | null;
}

/** The watcher in figures; what the doctor and the metrics may show. */
export interface WatchFigures {
  readonly events_received: number;
  readonly events_routed: number;
  readonly watched_path_count: number;
  readonly subscriptions: number;
  readonly watched_directories: number;
  readonly polled_directories: number;
  readonly overflows: number;
  readonly rescans: number;
  readonly last_error: string | null;
}

export interface WatchService {
  /**
   * Makes a watch that lives as long as its lease, or until `release`. `owner` says whose it is: a connection that wants its
   * watches to die with it makes up an owner of its own and calls `releaseOwner` when it closes.
   */
  subscribe(request: WatchRequest, owner: string, leaseMs: number): Promise<WatchInfo>;
  unsubscribe(id: number, owner: string): boolean;
  /** Ends every watch of an owner; how many there were. */
  releaseOwner(owner: string): number;
  /** The frames of a watch of its own, which ends with them. */
  open(request: WatchRequest, owner: string, since: string | null, signal: AbortSignal, options?: ReadOptions): AsyncGenerator<Frame | EncodedFrames>;
  /** The frames of a watch made by `subscribe`, all that are kept, or those behind the frame with the id `since`. */
  attach(id: number, owner: string, since: string | null, signal: AbortSignal, options?: ReadOptions): AsyncGenerator<Frame | EncodedFrames>;
  /** In order of their ids. */
  list(owner: string): WatchInfo[];
  figures(): WatchFigures;
}

declare module '../../kernel/context' {
  interface Services {
    readonly watch: WatchService;
  }
}
