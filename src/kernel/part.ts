/**
 * A piece of the daemon that works on its own: a listener, a sweep, a watcher, a link. The supervisor starts it, asks it now and then
 * whether it does its work, and starts it again when it does not.
 */
export interface Part {
  /** Lower case with underscores; a label in `/metrics`. */
  readonly name: string;
  /** The daemon does not start without it. Once it ran, it is healed as any other. */
  readonly essential?: boolean;
  /** Milliseconds between two probes; 5 s when absent. */
  readonly probeMs?: number;
  /** `failed` is for a part that notices itself that it is broken, before the next probe. What `start` throws counts as a failure too. */
  start(failed: (error: unknown) => void): void | Promise<void>;
  /** Undoes `start`, also one that failed half-way; called twice it does nothing more. */
  stop(): void | Promise<void>;
  /** Null: it does its work. A text: it does, with a limit that somebody should know of. Throws when it does not. */
  probe(): string | null | Promise<string | null>;
}

/**
 * `starting`: started, not yet probed · `ok`: the last probe succeeded · `degraded`: it works, with a limit · `backing_off`: broken, started
 * again in a moment · `failed`: broken after several starts, tried again at long intervals · `stopped`.
 */
export type PartState = 'starting' | 'ok' | 'degraded' | 'backing_off' | 'failed' | 'stopped';

export interface PartStatus {
  readonly name: string;
  readonly state: PartState;
  /** When it entered this state, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** Starts after the first one. */
  readonly restarts: number;
  /** The limit of a degraded part. May hold paths. */
  readonly note: string | null;
  /** The newest failure, also when it is over. May hold paths. */
  readonly last_error: string | null;
}

/** Where parts are registered, at the start of the daemon or while it runs. */
export interface Parts {
  /** Throws when there is one of this name. */
  add(part: Part): void;
  /** Stops it and forgets it. */
  remove(name: string): Promise<void>;
  /** In the order in which they were added. */
  list(): readonly PartStatus[];
}

export const isUp = ({ state }: PartStatus): boolean => state === 'ok' || state === 'degraded';

const BY_GRAVITY: readonly PartState[] = ['ok', 'starting', 'degraded', 'stopped', 'backing_off', 'failed'];

/** The state of the whole: that of the worst part. */
export const worst = (parts: readonly PartStatus[]): PartState => BY_GRAVITY[Math.max(0, ...parts.map(({ state }) => BY_GRAVITY.indexOf(state)))]!;

/** Milliseconds before the first restart, and at most. */
export const BACKOFF_MS = { least: 100, most: 30_000 } as const;

/**
 * How long to wait before the start that follows the nth failure in a row: doubled each time up to a bound, and of that between half and all by
 * chance, so that parts which broke together do not all come back in one instant. `random` is from 0 to 1.
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** Math.min(failures - 1, 30));
  return whole * (0.5 + random / 2);
}
