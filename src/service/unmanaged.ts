import { readRecord } from '../client/address';
import { startToken } from '../daemon/instance';
import type { Paths } from '../daemon/paths';
import { ZdError } from '../kernel/error';

/** As long as a unit may take to stop. */
const STOP_MS = 30_000;
const POLL_MS = 25;

/** Ends a daemon of this home that runs without the service; true when there was one. Its start time makes sure the pid is still its own. */
export async function stopUnmanaged(paths: Paths): Promise<boolean> {
  const record = readRecord(paths);
  if (record === null || startToken(record.pid) !== record.start_token) return false;
  process.kill(record.pid, 'SIGTERM');
  const until = performance.now() + STOP_MS;
  while (startToken(record.pid) === record.start_token) {
    if (performance.now() > until)
      throw new ZdError('service_failed', `The running daemon (pid ${record.pid}) does not stop.`, { hint: `Stop it with: kill -9 ${record.pid}` });
    await Bun.sleep(POLL_MS);
  }
  return true;
}
