import type { DaemonRecord } from '../../daemon/paths';
import { readRecord } from '../../client/address';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation } from '../command';
import { answers, launch, POLL_MS } from '../launch';

export const START_MS = 30_000;

export const up = command({
  name: 'up',
  summary: 'Start the daemon and wait until it answers',
  args: { foreground: { type: 'boolean', alias: 'f', description: 'Stay in this terminal, with the log on stderr' } },
  run: async ({ foreground }, invocation) => {
    const { paths } = invocation;
    if (foreground) return (await import('../../daemon/main')).runDaemon({ foreground: true, env: invocation.env });
    const running = (await answers(paths)) ? readRecord(paths) : null;
    const record = running ?? (await start(invocation));
    await tell(record, running === null, invocation);
  },
});

/** Starts the daemon: the service where it is installed, else a process of its own. */
export async function start({ paths, env, globals, out }: Invocation): Promise<DaemonRecord> {
  const timeoutMs = globals.timeoutMs ?? START_MS;
  const { serviceState, startService } = await import('../../service/install');
  const service = await serviceState(paths, env);
  if (!service.installed) return launch(paths, env, timeoutMs);
  if (!service.reachable) {
    out.note(`The service ${service.unit} is installed, but its manager does not answer here, so zd runs without it.`);
    return launch(paths, env, timeoutMs);
  }
  await startService(paths, env);
  const until = performance.now() + timeoutMs;
  for (;;) {
    const record = readRecord(paths);
    if (record && (await answers(paths))) return record;
    if (performance.now() > until)
      throw new ClientError(
        'timeout',
        `the service ${service.unit} was started, but the daemon does not answer`,
        `See \`zd service status\` and ${service.log}`,
        EXIT.timeout,
      );
    await Bun.sleep(POLL_MS);
  }
}

export const httpAddress = (record: DaemonRecord): string | null =>
  record.tcp === null ? null : `http://${record.tcp.host.includes(':') ? `[${record.tcp.host}]` : record.tcp.host}:${record.tcp.port}`;

/** Says where the daemon listens. */
export async function tell(record: DaemonRecord, started: boolean, { globals, out }: Invocation): Promise<void> {
  const http = httpAddress(record);
  const openapi = http === null ? null : `${http}/openapi`;
  if (globals.json) return out.result({ started, pid: record.pid, version: record.version, socket: record.socket, http, openapi });
  if (globals.quiet) return out.line(String(record.pid));
  out.line(`zd ${record.version} is ${started ? 'up' : 'already running'} (pid ${record.pid})`);
  await out.fields({ socket: record.socket, ...(http === null ? { http: 'off' } : { http, openapi }) });
}
