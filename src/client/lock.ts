import { EXIT } from '../kernel/code_info';
import type { Client, Reply } from './client';
import { ClientError } from './error';
import { pause } from './follow';

export interface LockWish {
  readonly name: string;
  readonly pid?: number;
  readonly ttl_secs?: number;
  readonly shared?: boolean;
  readonly slots?: number;
  readonly owner?: string;
}

export interface LockWait {
  /** Infinity waits without a limit, 0 not at all. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The daemon went away while we waited; told once per break. */
  readonly onBreak?: () => void;
}

/** The longest wait an operation takes. */
const LONGEST_SECS = 3_153_600_000;
/** How long a daemon that went away is waited for. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const PASSING = ['not_running', 'connection_lost', 'shutting_down'];

/**
 * Acquires a lock, across a restart of the daemon too: it asks again with the same token, so a grant whose reply was lost is not lost, and
 * says since when it waits, so those who come back stand in the order they had. A daemon that does not run at first is an error at once.
 */
export async function acquireLock(client: Client, wish: LockWish, { timeoutMs, signal, onBreak }: LockWait): Promise<Reply> {
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
  const since = Date.now();
  const until = performance.now() + timeoutMs;
  /** When it was last seen going away; null while it never did. */
  let gone: number | null = null;
  let rest = FIRST_PAUSE_MS;
  for (;;) {
    const left = Math.min(LONGEST_SECS, Math.max(0, until - performance.now()) / 1000);
    const input = { ...wish, token, timeout_secs: timeoutMs === 0 ? 0 : left, ...(gone === null ? {} : { since_ns: since * 1e6 }) };
    try {
      return await client.send('lock_acquire', JSON.stringify(input), { signal });
    } catch (error) {
      const passing = error instanceof ClientError && PASSING.includes(error.code);
      if (!passing || (gone === null && error.code === 'not_running')) throw error;
      if (error.code !== 'not_running') {
        // It was there a moment ago.
        if (gone === null) onBreak?.();
        gone = performance.now();
        rest = FIRST_PAUSE_MS;
      }
      if (performance.now() > gone! + PATIENCE_MS) throw error;
    }
    await pause(rest, signal);
    if (signal?.aborted) throw new ClientError('interrupted', 'interrupted', '', EXIT.interrupted);
    if (performance.now() >= until)
      throw new ClientError('timeout', 'the daemon did not come back in time', 'See `zd status` and `zd logs`', EXIT.timeout);
    rest = Math.min(rest * 2, LONGEST_PAUSE_MS);
  }
}
