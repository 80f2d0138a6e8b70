import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import type { EventRecord } from '../../kernel/context';
import { CHANNELS, type Channel } from './output';
import { JobId } from './schema';
import type {} from '../event/service';

/** Every event of every job. */
const ALL = {
  key: 'job:*',
  match: (event: EventRecord) => (event.kind === 'job' && event.visibility === 'public' ? '["job:*.*"]' : null),
};

export const jobStream = defineStream({
  name: 'stream_jobs',
  summary: 'The output of one job while it is written, or the events of all jobs.',
  description: [
    'With `id`: `stdout` and `stderr` `{job_id, offset, bytes, data}` (`bytes_b64` instead of `data` for what is not UTF-8) from `from` on, then `complete` `{job_id, state, exit_code, …}` after the last byte.',
    "A frame's id is `OUT:ERR`, the offsets behind it; `Last-Event-ID` goes on from there. `gap` `{channel, from, to, missed}` says which bytes are no longer kept.",
    'Without `id`: `pub` frames of the scope `job:N` with the topics start, stdout, stderr, retry and complete, as on /stream/events.',
  ].join('\n'),
  scope: 'job.read',
  path: '/stream/jobs',
  input: strict({
    id: t.Optional(JobId),
    from: t.Optional(t.String({ pattern: '^(\\d{1,15}|\\d{1,15}:\\d{1,15}|end)$', description: 'An offset, `OUT:ERR`, or `end`. 0 by default.' })),
    channel: t.Optional(t.Union([t.Literal('both'), ...CHANNELS.map((each) => t.Literal(each))])),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: ['stdout', 'stderr', 'complete', 'gap', 'pub', 'lagged', 'shutdown'],
  errors: ['no_job'],
  cli: { path: ['job', 'events'] },
  example: {},
  handle: ({ jobs, events }, { id, from = '0', channel = 'both', last_event_id = '' }, call) => {
    const last = call.lastEventId || last_event_id;
    if (id === undefined) return events.follow(ALL, last || null, call.signal, call);
    const channels: readonly Channel[] = channel === 'both' ? CHANNELS : [channel];
    return jobs.follow(id, offsets(/^\d{1,15}:\d{1,15}$/.test(last) ? last : from), channels, call.signal);
  },
});

function offsets(text: string): Record<Channel, number | 'end'> {
  if (text === 'end') return { stdout: 'end', stderr: 'end' };
  const [out, error] = text.split(':').map(Number);
  return { stdout: out!, stderr: error ?? out! };
}
