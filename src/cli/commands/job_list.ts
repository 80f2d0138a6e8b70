import { entryOf } from '../catalogue';
import { command } from '../command';
import { argsOf, inputOf } from '../derive';
import { duration } from '../format';
import { commandLine } from '../job_text';

const entry = entryOf('job list')!;
const { args, fields } = argsOf(entry);

export const jobList = command({
  name: 'job list',
  summary: 'List jobs, newest first',
  args,
  run: async (parsed, { client, globals, out }) => {
    const reply = await client().send('job_list', JSON.stringify(inputOf(fields, parsed)), { timeoutMs: globals.timeoutMs });
    if (globals.json) return out.line(reply.text);
    const jobs = (reply.value.jobs as Job[]).map((job) => ({
      id: job.id,
      state: job.state,
      exit: job.exit_code,
      time: job.duration_ms === null ? '' : duration(job.duration_ms),
      tags: job.tags.join(','),
      command: job.name === null ? commandLine(job.command) : `${job.name}: ${commandLine(job.command)}`,
    }));
    await out.result({ jobs }, { table: { rows: 'jobs', columns: ['id', 'state', 'exit', 'time', 'tags', 'command'] } });
    if (reply.value.next_cursor !== null && out.terminal) out.note(`There are more: zd job list --cursor ${String(reply.value.next_cursor)}`);
  },
});

interface Job {
  readonly id: number;
  readonly state: string;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  readonly tags: readonly string[];
  readonly name: string | null;
  readonly command: readonly string[];
}
