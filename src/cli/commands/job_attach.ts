import type { Client } from '../../client/client';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation } from '../command';
import { exitOf, remark } from '../job_end';
import { followJob } from '../job_follow';

/** Ctrl-], as telnet has it. */
const LEAVE = 0x1d;
/** What was shown last is shown again, so that there is something to see. */
const BACK_BYTES = 16 * 1024;

export const jobAttach = command({
  name: 'job attach',
  summary: 'Sit at the terminal of a job (submitted with --pty); Ctrl-] leaves it running',
  args: { id: { type: 'positional', value: 'integer', minimum: 1, description: 'Number of the job' } },
  run: async ({ id: given }, invocation) => {
    const { client, out } = invocation;
    const id = given as number;
    const { job } = (await client().call('job_status', { id })) as { job: { pty: boolean; stdout_bytes: number } };
    if (!job.pty) throw new ClientError('not_pty', `job ${id} has no terminal`, `Watch it with: zd job logs -f ${id}`, EXIT.conflict);
    const left = new AbortController();
    const release = process.stdin.isTTY ? takeTerminal(invocation, id, left) : () => {};
    try {
      const end = await followJob(invocation, id, { signal: left.signal, from: String(Math.max(0, job.stdout_bytes - BACK_BYTES)) });
      release();
      const said = remark(id, end);
      if (said !== null) out.note(said);
      return exitOf(end);
    } catch (error) {
      release();
      if (!left.signal.aborted) throw error;
      out.note(`\nzd: job ${id} goes on; come back with: zd job attach ${id}`);
      return EXIT.ok;
    }
  },
});

/** Keys go to the job as they are, and it has the size of this window. Returns what gives the terminal back. */
function takeTerminal({ client, out }: Invocation, id: number, left: AbortController): () => void {
  const { stdin, stdout } = process;
  const daemon = client();
  let sent: Promise<unknown> = Promise.resolve();
  const resize = () => {
    if (stdout.rows && stdout.columns) daemon.call('job_resize', { id, rows: stdout.rows, cols: stdout.columns }).catch(() => {});
  };
  const onKeys = (bytes: Buffer) => {
    const leave = bytes.indexOf(LEAVE);
    const keys = leave === -1 ? bytes : bytes.subarray(0, leave);
    // One after the other: two requests at once could arrive in the other order.
    if (keys.length > 0) sent = sent.then(() => send(daemon, id, keys));
    if (leave !== -1) void sent.then(() => left.abort());
  };
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on('data', onKeys);
  stdout.on('resize', resize);
  resize();
  out.note(`zd: Ctrl-] leaves job ${id}\r`);
  return () => {
    stdin.off('data', onKeys);
    stdout.off('resize', resize);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

const send = (daemon: Client, id: number, keys: Buffer): Promise<unknown> =>
  daemon.call('job_input', { id, bytes_b64: keys.toString('base64') }).catch(() => undefined);
