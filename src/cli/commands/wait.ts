import { ClientError } from '../../client/error';
import { pause } from '../../client/follow';
import { EXIT } from '../../kernel/codes';
import { command } from '../command';

const FIRST_MS = 5;
const LONGEST_MS = 250;

export const wait = command({
  name: 'wait',
  summary: 'Wait until the daemon answers (--timeout limits it; exit 124)',
  run: async (_, { client, globals, out, interrupted }) => {
    const signal = interrupted();
    const until = performance.now() + (globals.timeoutMs ?? Infinity);
    for (let ms = FIRST_MS; ; ms = Math.min(ms * 2, LONGEST_MS)) {
      try {
        const left = until - performance.now();
        const reply = await client().json('/health', { signal, timeoutMs: Number.isFinite(left) ? Math.max(1, left) : undefined });
        if (globals.json) out.line(reply.text);
        return EXIT.ok;
      } catch (error) {
        const passing = error instanceof ClientError && ['not_running', 'connection_lost', 'shutting_down', 'timeout'].includes(error.code);
        if (!passing) throw error;
      }
      if (performance.now() + ms >= until)
        throw new ClientError('timeout', `the daemon did not answer within ${globals.timeoutMs! / 1000} s`, 'Start it with: zd up', EXIT.timeout);
      await pause(ms, signal);
    }
  },
});
