import { ClientError } from '../../client/error';
import { pause } from '../../client/follow';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation } from '../command';
import { exitOf, remark } from '../job_end';

const FIRST_MS = 5;
const LONGEST_MS = 250;
/** One call to the daemon; a longer wait is several. */
const LONGEST_WAIT_MS = 60_000;

export const wait = command({
  name: 'wait',
  summary: 'Wait until the daemon answers, or until jobs are over, and exit with the code of the first that failed',
  args: {
    id: {
      type: 'positional',
      required: false,
      many: true,
      value: 'integer',
      minimum: 1,
      description: 'Jobs; without any, the daemon (--timeout limits it; exit 124)',
    },
  },
  run: async ({ id }, invocation) => (id === undefined ? waitForDaemon(invocation) : waitForJobs(id as readonly number[], invocation)),
});

async function waitForDaemon({ client, globals, out, interrupted }: Invocation): Promise<number> {
  const signal = interrupted();
  const until = performance.now() + (globals.timeoutMs ?? Infinity);
  for (let ms = FIRST_MS; ; ms = Math.min(ms * 2, LONGEST_MS)) {
    try {
      const left = until - performance.now();
      const reply = await client().json('/health', { signal, timeoutMs: Number.isFinite(left) ? Math.max(1, left) : undefined });
      if (globals.json) out.line(reply.text);
      return EXIT.ok;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    if (performance.now() + ms >= until)
      throw new ClientError('timeout', `the daemon did not answer within ${globals.timeoutMs! / 1000} s`, 'Start it with: zd up', EXIT.timeout);
    await pause(ms, signal);
  }
}

async function waitForJobs(ids: readonly number[], invocation: Invocation): Promise<number> {
  const until = performance.now() + (invocation.globals.timeoutMs ?? Infinity);
  const signal = invocation.interrupted();
  const ends = await Promise.all(ids.map((id) => waitForJob(id, invocation, until, signal)));
  return ends.find((code) => code !== EXIT.ok) ?? EXIT.ok;
}

/** Also across a restart of the daemon, which the job outlives. */
async function waitForJob(id: number, { client, globals, out }: Invocation, until: number, signal: AbortSignal): Promise<number> {
  for (let connected = false; ;) {
    const left = Math.min(LONGEST_WAIT_MS, until - performance.now());
    try {
      const reply = await client().send('job_wait', JSON.stringify({ id, timeout_ms: Math.max(0, Math.round(left)) }), { signal });
      connected = true;
      if (reply.value.timed_out !== true) {
        if (globals.json) out.line(reply.text);
        const said = remark(id, reply.value);
        if (said !== null) out.note(said);
        return exitOf(reply.value);
      }
    } catch (error) {
      // Nobody there at the very first is told at once; one that goes away comes back.
      connected ||= error instanceof ClientError && error.code !== 'not_running';
      if (!connected || !isPassing(error)) throw error;
      await pause(LONGEST_MS, signal);
    }
    if (performance.now() >= until)
      throw new ClientError('timeout', `job ${id} was not over within ${globals.timeoutMs! / 1000} s`, 'Give it longer with --timeout', EXIT.timeout);
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof ClientError && ['not_running', 'connection_lost', 'shutting_down', 'timeout'].includes(error.code);
