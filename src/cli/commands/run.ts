import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation } from '../command';
import { exitOf, remark } from '../job_end';
import { inWordsOf } from '../field_names';
import { followJob } from '../job_follow';
import { requestArgs, requestOf } from '../job_request';

const { args, fields } = requestArgs();
const { pty: _, rows: __, cols: ___, ...plain } = args;

export const run = command({
  name: 'run',
  summary: 'Run a program as a job, show its output and exit with its code; Ctrl-C cancels it, a second one leaves it',
  args: plain,
  run: async (parsed, invocation) => {
    const { out, client, env } = invocation;
    const request = await requestOf(parsed, fields, env);
    const left = new AbortController();
    // Heard from before the request on: without that a signal would end this command and leave the job.
    const asked = onInterrupts(invocation, () => submitted, left);
    const submitted = client()
      .call('job_submit', request, { signal: left.signal })
      .then((reply) => Number(reply.job_id), inWordsOf(args, fields));
    try {
      const id = await submitted;
      const end = await followJob(invocation, id, { signal: left.signal });
      const said = remark(id, end);
      if (said !== null) out.note(said);
      return asked() > 0 ? EXIT.interrupted : exitOf(end);
    } catch (error) {
      if (left.signal.aborted && error instanceof ClientError) return EXIT.interrupted;
      throw error;
    }
  },
});

/**
 * The first Ctrl-C cancels the job and goes on showing its output, the second leaves. Says how often it was asked. The job may run before
 * its number is known here, so one that comes earlier waits for that.
 */
function onInterrupts({ client, out }: Invocation, submitted: () => Promise<number>, left: AbortController): () => number {
  let times = 0;
  const onSignal = () => {
    if (++times > 1) return left.abort();
    const cancel = (id: number) => {
      out.note(`zd: cancelling job ${id}; once more to leave it`);
      client()
        .call('job_cancel', { id })
        .catch((error: unknown) => !left.signal.aborted && out.note(`zd: ${error instanceof Error ? error.message : String(error)}`));
    };
    // What the submission fails with is said where it is waited for.
    submitted().then(cancel, () => {});
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return () => times;
}
