import { existsSync } from 'node:fs';
import { readRecord } from '../../client/address';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
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
    const { pid, unit } = await stop(invocation);
    if (globals.json) return out.result({ stopped: pid !== null || unit !== null, pid });
    if (globals.quiet) return pid === null ? undefined : out.line(String(pid));
    out.line(
      pid !== null ? `zd stopped (pid ${pid})` : unit !== null ? `zd is not running, and ${unit} no longer tries to start it` : 'zd is not running',
    );
  },
});

interface Stopped {
  /** Null when no daemon ran. */
  readonly pid: number | null;
  /** The service that was about to start one by itself. */
  readonly unit: string | null;
}

/** Stops the daemon of this home, and its service from starting another one. It returns when the home's lock is free. */
export async function stop({ paths, env, globals }: Invocation): Promise<Stopped> {
  const { isLocked, startToken } = await import('../../daemon/instance');
  const locked = () => existsSync(paths.lockFile) && isLocked(paths.lockFile);
  const { serviceState, stopService } = await import('../../service/install');
  const service = await serviceState(paths, env);
  const managed = service.installed && (service.active || service.restarting);
  if (!locked()) {
    if (!managed) return { pid: null, unit: null };
    await stopService(paths, env);
    return { pid: null, unit: service.unit };
  }
  const record = readRecord(paths);
  const until = performance.now() + (globals.timeoutMs ?? STOP_MS);
  if (managed) await stopService(paths, env);
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
  return { pid: record?.pid ?? 0, unit: null };
}

const ask = (client: ReturnType<typeof ownDaemon>): Promise<boolean> =>
  client.call('daemon', { verb: 'stop' }, { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );
