/** Places of one millisecond. */
const PER_MS = 1024;

/** The newest time an entry may have, in nanoseconds (year 2223): its place stays below 2^53. */
export const MAX_NS = 8_000_000_000_000_000_000;

/** The first place of a millisecond; places are in the order of time. */
export const posOf = (ms: number): number => ms * PER_MS;
export const timeOf = (pos: number): number => Math.floor(pos / PER_MS);
/** The first place behind a millisecond. */
export const posAfter = (ms: number): number => posOf(ms + 1);

/** After this long a use weighs half as much. */
const HALF_LIFE_MS = 7 * 86_400_000;

/**
 * Frecency: each use weighs 2^(-age / half-life). Kept as the time at which one use would weigh as much as all together,
 * `h * log2(sum of 2^(t / h))`, so that it changes only with a use and orders lines the same at any time.
 */
export function addUse(rank: number | null, ms: number): number {
  if (rank === null) return ms;
  const [late, early] = rank > ms ? [rank, ms] : [ms, rank];
  return late + HALF_LIFE_MS * Math.log2(1 + 2 ** ((early - late) / HALF_LIFE_MS));
}

/** What a rank weighs now: 1 is a single use in this moment. */
export const weightOf = (rank: number, now: number): number => 2 ** ((rank - now) / HALF_LIFE_MS);

/** 53 bits, so that SQLite and JavaScript agree on it. */
export const hashOf = (line: string): number => Number(BigInt.asUintN(53, Bun.hash.wyhash(line)));

/** One entry as it is to be kept. Times in milliseconds. */
export interface Draft {
  readonly line: string;
  readonly ts: number;
  readonly exitCode: number | null;
  readonly cwd: string | null;
  readonly durationMs: number | null;
  readonly sessid: string | null;
  readonly hostname: string | null;
  readonly shellId: number | null;
}

/** One entry as it is kept. */
export interface Entry extends Draft {
  readonly id: number;
  /** Its place; entries are ordered by it. */
  readonly pos: number;
}

/** A signal as shells tell it is 128 + n; `exit_code` below 0 is what programs say that know better. */
export const wasSignalled = (exitCode: number): boolean => exitCode < 0 || exitCode > 128;
