import { existsSync } from 'node:fs';
import { readRecord } from '../../client/address';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/codes';
import { command, type Invocation } from '../command';
import { ownDaemon, POLL_MS } from '../launch';

const STOP_MS = 30_000;
/** How long a daemon may take to answer that it will stop, before it is asked by a signal. */
const ASK_MS = 5_000;

export const down = command({
  name: 'down',
  summary: 'Stop the daemon and wait until it is gone',
  run: async (_, invocation) => {
    const { out, globals } = invocation;
    const pid = await stop(invocation);
    if (globals.json) return out.result({ stopped: pid !== null, pid });
    if (globals.quiet) return pid === null ? undefined : out.line(String(pid));
    out.line(pid === null ? 'zd is not running' : `zd stopped (pid ${pid})`);
  },
});

/** Stops the daemon of this home and resolves with its pid, or null when none ran. It returns when the home's lock is free. */
export async function stop({ paths, env, globals }: Invocation): Promise<number | null> {
  const { isLocked, startToken } = await import('../../daemon/instance');
  const locked = () => existsSync(paths.lockFile) && isLocked(paths.lockFile);
  if (!locked()) return null;
  const record = readRecord(paths);
  const until = performance.now() + (globals.timeoutMs ?? STOP_MS);
  const { serviceState, stopService } = await import('../../service/install');
  const service = await serviceState(paths, env);
  if (service.installed && service.active) await stopService(paths, env);
  else if (!(await ask(ownDaemon(paths))) && record && startToken(record.pid) === record.start_token) process.kill(record.pid, 'SIGTERM');
  while (locked()) {
    if (performance.now() > until) {
      const who = record ? ` (pid ${record.pid})` : '';
      throw new ClientError(
        'timeout',
        `the daemon${who} is still stopping`,
        record ? `Give it longer with --timeout, or end it with: kill -9 ${record.pid}` : 'Give it longer with --timeout',
        EXIT.timeout,
      );
    }
    await Bun.sleep(POLL_MS);
  }
  return record?.pid ?? 0;
}

const ask = (client: ReturnType<typeof ownDaemon>): Promise<boolean> =>
  client.call('daemon', { verb: 'stop' }, { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );
