/** The value below which a share of sorted samples lies; 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** Runs every task once per round, in turn, so what disturbs the machine disturbs all alike; the results of each task by its name. */
export async function interleaved<T>(rounds: number, tasks: Readonly<Record<string, () => T | Promise<T>>>): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, task] of Object.entries(tasks)) results[name]!.push(await task());
  }
  return results;
}
