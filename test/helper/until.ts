/** Asks until there is an answer that is not undefined, null or false. Tests wait for conditions, never for time; the bound only ends a hang. */
export async function until<T>(what: string, ask: () => T | Promise<T>, boundMs = 45_000): Promise<NonNullable<T>> {
  const end = performance.now() + boundMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<T>;
    if (performance.now() > end) throw new Error(`waited ${boundMs} ms in vain: ${what}`);
    await Bun.sleep(5);
  }
}
