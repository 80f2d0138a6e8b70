import { existsSync } from 'node:fs';
import { readRecord } from '../../client/address';
import type { DaemonRecord } from '../../daemon/paths';
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
    if (ran) return out.line(pid === null ? 'zd stopped while it started' : `zd stopped (pid ${pid})`);
    out.line(unit === null ? 'zd is not running' : `zd is not running, and ${unit} no longer tries to start it`);
  },
});

interface Stopped {
  readonly ran: boolean;
  /** Null when no daemon ran, or it had not yet said who it is. */
  readonly pid: number | null;
  /** The service that was about to start one by itself. */
  readonly unit: string | null;
}

/** Stops the daemon of this home, and its service from starting another one. It returns when the home's lock is free. */
export async function stop({ paths, env, globals }: Invocation): Promise<Stopped> {
  const { isLocked, startToken } = await import('../../daemon/instance');
  const locked = () => existsSync(paths.lockFile) && isLocked(paths.lockFile);
  // A record may be left by a daemon that was killed.
  const living = (record: DaemonRecord | null) => (record && startToken(record.pid) === record.start_token ? record : null);
  const { serviceState, stopService } = await import('../../service/install');
  const service = await serviceState(paths, env);
  const managed = service.installed && (service.active || service.restarting);
  if (!locked()) {
    if (!managed) return { ran: false, pid: null, unit: null };
    await stopService(paths, env);
    return { ran: false, pid: null, unit: service.unit };
  }
  let record = living(readRecord(paths));
  const until = performance.now() + (globals.timeoutMs ?? STOP_MS);
  if (managed) await stopService(paths, env);
  let told = managed;
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
    // One that is only starting answers later, and says then who it is.
    if (!told) {
      told = await ask(ownDaemon(paths));
      record = living(readRecord(paths)) ?? record;
      if (!told && living(record)) told = process.kill(record!.pid, 'SIGTERM');
    }
    await Bun.sleep(POLL_MS);
  }
  return { ran: true, pid: record?.pid ?? null, unit: null };
}

const ask = (client: ReturnType<typeof ownDaemon>): Promise<boolean> =>
  client.call('daemon', { verb: 'stop' }, { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );
