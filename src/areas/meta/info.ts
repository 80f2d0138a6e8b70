import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { rfc3339 } from './time';

export const info = defineOp({
  name: 'info',
  summary: 'Tell what runs: process, version, addresses and files.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    daemon_pid: t.Integer(),
    daemon_uptime_ms: t.Integer(),
    version: t.String(),
    commit: t.String(),
    protocol_version: t.Integer(),
    session_count: t.Integer({ description: 'Requests in flight, this one included, and open streams.' }),
    started_at: t.String({ description: 'RFC 3339.' }),
    cache_root: t.String(),
    state_dir: t.String(),
    log_path: t.String(),
    config_file: t.String(),
    socket: t.String(),
    tcp: nullable(strict({ host: t.String(), port: t.Integer() })),
    bun_version: t.String(),
    sqlite_version: t.String(),
    catalog: nullable(t.Record(t.String(), t.Integer())),
    shards: t.Array(t.String()),
  }),
  errors: [],
  cli: { path: ['info'] },
  example: {},
  handle: ({ lifecycle, metrics }) => {
    const { socket, tcp } = lifecycle.addresses();
    return {
      daemon_pid: lifecycle.pid,
      daemon_uptime_ms: lifecycle.uptimeMs(),
      version: lifecycle.version,
      commit: lifecycle.commit,
      protocol_version: lifecycle.protocolVersion,
      session_count: metrics.activeSessions(),
      started_at: rfc3339(lifecycle.startedAt),
      cache_root: lifecycle.paths.dataDir,
      state_dir: lifecycle.paths.stateDir,
      log_path: lifecycle.paths.logFile,
      config_file: lifecycle.paths.configFile,
      socket,
      tcp,
      bun_version: Bun.version,
      sqlite_version: lifecycle.sqliteVersion(),
      catalog: null,
      shards: [],
    };
  },
});
