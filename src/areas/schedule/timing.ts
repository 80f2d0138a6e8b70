import { nextCron } from './cron';

/** When a schedule runs. Times are milliseconds since the epoch; `zone` null follows the zone of the system. */
export type Timing =
  | { readonly kind: 'cron'; readonly expr: string; readonly zone: string | null }
  | { readonly kind: 'every'; readonly everyMs: number; readonly anchor: number }
  | { readonly kind: 'once'; readonly at: number };

/** Missed times are counted up to here; more of them are reported as this many. */
export const MAX_COUNTED = 500;

/** The first time strictly after `after`; an interval never runs before its anchor, and never at the moment it was made. */
export function nextAfter(timing: Timing, after: number, systemZone: string): number | null {
  switch (timing.kind) {
    case 'cron':
      return nextCron(timing.expr, timing.zone ?? systemZone, after);
    case 'every':
      if (after < timing.anchor) return timing.anchor;
      return timing.anchor + (Math.floor((after - timing.anchor) / timing.everyMs) + 1) * timing.everyMs;
    case 'once':
      return timing.at > after ? timing.at : null;
  }
}

/** How many times lie in `from`…`to`, where `from` is one of them; `MAX_COUNTED` for that many or more. */
export function countBetween(timing: Timing, from: number, to: number, systemZone: string): number {
  if (timing.kind === 'every') return Math.min(MAX_COUNTED, Math.floor((to - from) / timing.everyMs) + 1);
  let count = 0;
  for (let at: number | null = from; at !== null && at <= to && count < MAX_COUNTED; at = nextAfter(timing, at, systemZone)) count++;
  return count;
}

const FIRST_WINDOW_MS = 1000;

/**
 * The newest times in `from`…`to`, at most `limit`, in order; `from` is one of them. It looks back from the end in windows that
 * double, so a year of seconds costs no more than the few that are asked for.
 */
export function newestBetween(timing: Timing, from: number, to: number, limit: number, systemZone: string): number[] {
  for (let width = FIRST_WINDOW_MS; ; width *= 2) {
    const whole = to - width < from;
    const found: number[] = whole ? [from] : [];
    for (let at = nextAfter(timing, whole ? from : to - width, systemZone); at !== null && at <= to; at = nextAfter(timing, at, systemZone))
      found.push(at);
    if (whole || found.length >= limit) return found.slice(-limit);
  }
}
