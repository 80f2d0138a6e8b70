/**
 * Two clocks, never mixed: `now` is the wall clock in milliseconds since the Unix epoch (it may jump; TTLs follow it),
 * `monotonic` only grows and measures durations in milliseconds.
 */
export interface Clock {
  now(): number;
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/**
 * Milliseconds as the wire's integer nanoseconds. The number passes 2^53, but a multiple of 10^6 keeps its exact
 * decimal digits in JSON (its shortest round-trip form is itself), so no bigint is needed.
 */
export const nanos = (ms: number): number => ms * 1_000_000;

/** The milliseconds that `nanos` made these of. Rounded: as doubles they may lie a little below. */
export const millis = (ns: number): number => Math.round(ns / 1_000_000);
