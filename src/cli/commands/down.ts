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
    const { ran, pid, unit } = await stop(invocation);
    if (globals.json) return out.result({ stopped: ran || unit !== null, pid });
    if (globals.quiet) return pid === null ? undefined : out.line(String(pid));
    if (ran) return out.line(pid === null ? 'zd stopped' : `zd stopped (pid ${pid})`);
    out.line(unit === null ? 'zd is not running' : `zd is not running, and ${unit} no longer tries to start it`);
  },
});

interface Stopped {
  /** Whether there was a daemon. */
  readonly ran: boolean;
  /** Null when none ran, and when it had only just begun and told nobody. */
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
    if (!managed) return { ran: false, pid: null, unit: null };
    await stopService(paths, env);
    return { ran: false, pid: null, unit: service.unit };
  }
  let record = readRecord(paths);
  const until = performance.now() + (globals.timeoutMs ?? STOP_MS);
  if (managed) await stopService(paths, env);
  const signalled = (): boolean => {
    if (!record || startToken(record.pid) !== record.start_token) return false;
    process.kill(record.pid, 'SIGTERM');
    return true;
  };
  // One that has only just begun neither answers nor has an address yet: it is asked again.
  for (let told = managed; locked(); await Bun.sleep(POLL_MS)) {
    if (!told) {
      record = readRecord(paths) ?? record;
      told = (await ask(ownDaemon(paths))) || signalled();
    }
    if (performance.now() > until) {
      const who = record ? ` (pid ${record.pid})` : '';
      throw new ClientError(
        'timeout',
        `the daemon${who} is still stopping`,
        record ? `Give it longer with --timeout, or end it with: kill -9 ${record.pid}` : 'Give it longer with --timeout',
        EXIT.timeout,
      );
    }
  }
  return { ran: true, pid: record?.pid ?? null, unit: null };
}

const ask = (client: ReturnType<typeof ownDaemon>): Promise<boolean> =>
  client.call('daemon', { verb: 'stop' }, { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );
