import { commit, protocolVersion, version as own } from '../../version';
import { command } from '../command';

/** Asking the daemon is a courtesy: a dead one may not hold this up. */
const ASK_MS = 1_000;

export const version = command({
  name: 'version',
  summary: 'Print the version; with --json also of the running daemon',
  run: async (_, { client, globals, out }) => {
    if (!globals.json) return out.line(globals.quiet ? own : `zd ${own}`);
    const info = await client()
      .call('info', {}, { timeoutMs: ASK_MS })
      .catch(() => null);
    const daemon = info && { version: info.version, pid: info.daemon_pid, protocol: info.protocol_version };
    await out.result({ version: own, commit, protocol: protocolVersion, bun: Bun.version, platform: `${process.platform}-${process.arch}`, daemon });
  },
});
