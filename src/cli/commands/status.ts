import { readRecord } from '../../client/address';
import { version } from '../../version';
import { command } from '../command';
import { httpAddress } from './up';

export const status = command({
  name: 'status',
  summary: 'Show whether the daemon runs and where it listens (exit 3 when it does not)',
  run: async (_, { client, globals, out, paths }) => {
    const asked = client();
    const reply = await asked.send('daemon', '{"verb":"status"}', { timeoutMs: globals.timeoutMs });
    if (globals.json) return out.line(reply.text);
    const { pid, uptime_ms, version: running, session_count, started_at } = reply.value;
    if (globals.quiet) return out.line(String(pid));
    const record = asked.address.kind === 'unix' ? readRecord(paths) : null;
    const http = record && httpAddress(record);
    await out.fields({
      state: 'running',
      pid,
      version: running,
      uptime_ms,
      started_at,
      session_count,
      ...(asked.address.kind === 'tcp'
        ? { http: asked.address.url }
        : { socket: asked.address.socket, http: http ?? 'off', ...(http ? { openapi: `${http}/openapi` } : {}) }),
      ...(record?.pid === pid ? { config: paths.configFile, log: paths.logFile } : {}),
    });
    if (running !== version) out.note(`zd: the daemon is ${String(running)} and this command ${version}; bring them together with: zd restart`);
  },
});
