import { readFileSync } from 'node:fs';

/** The value below which a share of sorted samples lies; 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** A run in which more of the processors' time than this went to other guests of the same machine says nothing of the program. */
const DISTURBED = 0.05;
/** Runs of one task in one round at most. */
const TRIES = 2;

/** Runs a task until it was left alone, or takes the run that was disturbed least. */
async function undisturbed<T>(task: () => T | Promise<T>): Promise<T> {
  let best: { result: T; lost: number } | undefined;
  for (let tries = 0; tries < TRIES && (best?.lost ?? 1) > DISTURBED; tries++) {
    const before = stolen();
    const result = await task();
    const after = stolen();
    const lost = after.total > before.total ? (after.taken - before.taken) / (after.total - before.total) : 0;
    if (!best || lost < best.lost) best = { result, lost };
  }
  return best!.result;
}

/** Ticks of all processors, and those a hypervisor gave to others (`steal`, proc(5)); zeros where the system does not tell. */
function stolen(): { readonly total: number; readonly taken: number } {
  if (process.platform !== 'linux') return { total: 0, taken: 0 };
  const ticks = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1, 9).map(Number);
  return { total: ticks.reduce((sum, each) => sum + each, 0), taken: ticks[7]! };
}

/**
 * Runs every task once per round, in turn, so what disturbs the machine disturbs all alike, and again when a hypervisor took the machine away
 * meanwhile; the results of each task by its name.
 */
export async function interleaved<T>(rounds: number, tasks: Readonly<Record<string, () => T | Promise<T>>>): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, task] of Object.entries(tasks)) results[name]!.push(await undisturbed(task));
  }
  return results;
}
