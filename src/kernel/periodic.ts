import type { Part } from './part';

/** After this long a probe says that a round is still under way instead of waiting for its end. */
const PATIENCE_MS = 1000;

/** Work that is done again and again, at most one round at a time. A round that fails makes the part fail. */
export function periodic(name: string, everyMs: number, round: () => Promise<void>): Part {
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let began = 0;
  let finished = false;
  const run = (): Promise<void> => {
    if (running) return running;
    began = performance.now();
    running = round()
      .then(() => void (finished = true))
      .finally(() => (running = undefined));
    return running;
  };
  return {
    name,
    start(failed) {
      finished = false;
      timer ??= setInterval(() => void run().catch(failed), everyMs).unref();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
    async probe() {
      // Until a round has come to its end nobody knows whether it can.
      const current = running ?? (finished ? undefined : run());
      if (!current) return null;
      const done = await Promise.race([current.then(() => true), Bun.sleep(PATIENCE_MS).then(() => false)]);
      return done ? null : `a round is under way since ${Math.round((performance.now() - began) / 1000)} s`;
    },
  };
}
