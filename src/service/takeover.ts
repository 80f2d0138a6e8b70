import { Client } from '../client/client';
import { readRecord } from '../client/address';
import { startToken } from '../daemon/instance';
import type { Env, Paths } from '../daemon/paths';
import { ZdError } from '../kernel/error';
import { serviceState } from './install';

/** As long as a unit may take to stop. */
const STOP_MS = 30_000;
const ANSWER_MS = 15_000;
const POLL_MS = 25;

/** Ends a daemon of this home that runs without the service; true when there was one. Its start time makes sure the pid is still its own. */
export async function stopUnmanaged(paths: Paths): Promise<boolean> {
  const record = readRecord(paths);
  if (record === null || startToken(record.pid) !== record.start_token) return false;
  process.kill(record.pid, 'SIGTERM');
  const until = performance.now() + STOP_MS;
  while (startToken(record.pid) === record.start_token) {
    if (performance.now() > until) throw new ZdError('service_failed', `The running daemon (pid ${record.pid}) does not stop.`, { hint: `Stop it with: kill -9 ${record.pid}` });
    await Bun.sleep(POLL_MS);
  }
  return true;
}

/** Resolves with the pid once the service's own daemon answers; throws `service_failed` when it ends or the time does. */
export async function untilAnswers(paths: Paths, env: Env): Promise<number> {
  const until = performance.now() + ANSWER_MS;
  for (;;) {
    const state = await serviceState(paths, env);
    if (state.pid !== null && readRecord(paths)?.pid === state.pid && (await answers(env))) return state.pid;
    if (state.state === 'failed' || performance.now() > until) {
      throw new ZdError('service_failed', `The service was installed, but its daemon does not answer (${state.state}).`, { hint: `See ${state.log} and \`zd config check\`.` });
    }
    await Bun.sleep(POLL_MS);
  }
}

/** Asks this home's daemon, whatever address the shell would use. */
const answers = (env: Env): Promise<boolean> =>
  Client.find({ ...env, ZD_URL: undefined, ZD_SOCKET: undefined }).json('/health', { timeoutMs: 2000 }).then(() => true, () => false);
