import type { Host } from './host';

/** Resolves when a turn is over or waits for somebody's answer, or when the signal aborts. */
export function settled(host: Host, turn: number, signal?: AbortSignal): Promise<void> {
  const over = () => host.turn?.number !== turn || host.approvals.pending > 0 || signal?.aborted === true;
  if (over()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (!over()) return;
      takeBack();
      signal?.removeEventListener('abort', look);
      resolve();
    };
    const takeBack = host.onChange(look);
    signal?.addEventListener('abort', look, { once: true });
  });
}
