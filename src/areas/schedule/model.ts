import { countBetween, newestBetween, nextAfter, type Timing } from './timing';

/** What happens with times that passed while zd was down, the machine slept or the clock jumped over them. */
export const CATCH_UPS = ['skip', 'run_once', 'run_all'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** What happens when it is time and the job of an earlier run has not ended. */
export const OVERLAPS = ['skip', 'queue', 'allow', 'replace'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** A run that is later than this counts as missed. */
export const GRACE_MS = 60_000;
/** A clock that is set back no further than this repeats nothing; beyond it was wrong before, and times are counted from the new now. */
export const BACKWARD_MS = 3 * 3_600_000;
/** Runs of one schedule that wait for an earlier one. */
export const MAX_WAITING = 100;

export interface Policy {
  readonly catchUp: CatchUp;
  /** Most runs `run_all` makes up for. */
  readonly catchUpLimit: number;
  /** Runs come this much after their time; the same for every run of a schedule. */
  readonly delayMs: number;
  /** Times from here on do not count. */
  readonly expiresAt: number | null;
}

export interface Plan {
  /** The times to run now, in order. */
  readonly fire: readonly number[];
  /** Times that are given up: how many, and the newest. */
  readonly missed: { readonly count: number; readonly at: number } | null;
  /** The time to come, after now; null when there is none. */
  readonly next: number | null;
}

/** What to do at `now` with a schedule whose next time is `next`; null while that is not due. */
export function plan(timing: Timing, policy: Policy, next: number, now: number, systemZone: string): Plan | null {
  const cutoff = now - policy.delayMs;
  if (next > cutoff) return null;
  const { expiresAt } = policy;
  const end = expiresAt === null ? cutoff : Math.min(cutoff, expiresAt - 1);
  const upcoming = within(nextAfter(timing, cutoff, systemZone), expiresAt);
  if (next > end) return { fire: [], missed: null, next: upcoming };
  const newest = newestBetween(timing, next, end, policy.catchUp === 'run_all' ? policy.catchUpLimit : 1, systemZone);
  const fire = policy.catchUp === 'skip' ? newest.filter((at) => cutoff - at <= GRACE_MS) : newest;
  const count = countBetween(timing, next, end, systemZone) - fire.length;
  return {
    fire,
    missed: count > 0 ? { count, at: fire.length === 0 ? newest.at(-1)! : before(timing, next, fire[0]!, systemZone) } : null,
    next: upcoming,
  };
}

const before = (timing: Timing, from: number, fired: number, systemZone: string): number => newestBetween(timing, from, fired - 1, 1, systemZone)[0]!;

export const within = (at: number | null, expiresAt: number | null): number | null =>
  at !== null && expiresAt !== null && at >= expiresAt ? null : at;

/**
 * The next time of a schedule that is not due, counted anew because the clock or the system's zone changed. `last` is the time it ran for
 * last. An interval measures what has elapsed, so its grid moves with a clock that was set back and it never waits longer than one interval.
 */
export function recount(
  timing: Timing,
  { delayMs, expiresAt }: Policy,
  next: number,
  last: number | null,
  now: number,
  systemZone: string,
): { readonly next: number | null; readonly anchor: number | null } {
  const cutoff = now - delayMs;
  switch (timing.kind) {
    case 'once':
      return { next, anchor: null };
    case 'every':
      // The first time of an interval that begins later on may be as far away as it likes.
      if (next === timing.anchor || next - cutoff <= timing.everyMs) return { next, anchor: timing.anchor };
      return { next: within(cutoff + timing.everyMs, expiresAt), anchor: cutoff };
    case 'cron': {
      const base = last !== null && last > cutoff && last - cutoff <= BACKWARD_MS ? last : cutoff;
      return { next: within(nextAfter(timing, base, systemZone), expiresAt), anchor: null };
    }
  }
}

/** What becomes of a run whose time has come. `busy`: earlier runs whose job has not ended or that still wait. */
export function decide(overlap: Overlap, busy: number, waiting: number): 'start' | 'wait' | 'replace' | 'skip' {
  if (busy === 0 || overlap === 'allow') return 'start';
  if (overlap === 'replace') return 'replace';
  return overlap === 'queue' && waiting < MAX_WAITING ? 'wait' : 'skip';
}

/** A schedule's own part of its jitter: fixed by its id and birth, so that runs keep their distance (FNV-1a, 32 bits). */
export function delayOf(id: number, createdAt: number, jitterMs: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${id}:${createdAt}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return jitterMs === 0 ? 0 : hash % (jitterMs + 1);
}
