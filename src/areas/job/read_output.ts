import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { isOver } from './model';
import { decode, wholeCharacters } from './output';
import { JobId } from './schema';

const MIB = 1024 * 1024;

export const output = defineOp({
  name: 'job_output',
  summary: 'Read what a job wrote to its standard output, or to its standard error.',
  description: [
    'Without `offset` and `lines` it begins at the first byte that is kept. `next_offset` is where the next call goes on; offsets count from the first byte ever written.',
    '`dropped_bytes` were there and are not any more, because the output is longer than the job keeps. Bytes that are not UTF-8 come as `content_base64`, with `content` null.',
  ].join('\n'),
  scope: 'job.read',
  effect: 'read',
  input: strict({
    id: JobId,
    stderr: t.Optional(t.Boolean()),
    offset: t.Optional(t.Integer({ minimum: 0, description: 'First byte wanted.' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 16 * MIB, default: MIB, description: 'Bytes at most.' })),
    lines: t.Optional(t.Integer({ minimum: 0, maximum: 1_000_000, description: 'Only the last lines, as far as they fit the limit.' })),
    encoding: t.Optional(t.Union([t.Literal('auto'), t.Literal('base64'), t.Literal('lossy')], { description: 'lossy: text in any case.' })),
  }),
  output: strict({
    job_id: JobId,
    stderr: t.Boolean(),
    content: nullable(t.String()),
    content_base64: t.Optional(t.String()),
    offset: t.Integer(),
    next_offset: t.Integer(),
    bytes: t.Integer({ description: 'Bytes ever written.' }),
    dropped_bytes: t.Integer({ description: 'Bytes from the beginning that are no longer there.' }),
    complete: t.Boolean({ description: 'The job is over and nothing comes behind `next_offset`.' }),
  }),
  errors: ['no_job'],
  cli: { path: ['job', 'output'], positional: ['id'], essential: 'content' },
  example: { id: 1, lines: 10 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['echo', 'hello'], cwd: '/' } }],
  handle: ({ jobs }, { id, stderr = false, offset, limit = MIB, lines, encoding = 'auto' }, call) => {
    if (offset !== undefined && lines !== undefined) throw call.fail('bad_args', '/lines: cannot be combined with offset', { path: '/lines' });
    // Before the file is read: what is over has written its last byte.
    const over = isOver(jobs.get(id).state);
    const part = jobs.output(id, { channel: stderr ? 'stderr' : 'stdout', offset, limit, lines });
    // A character that the limit cuts comes whole with the next call.
    const whole = encoding === 'base64' || (part.next === part.total && over) ? part.bytes.length : wholeCharacters(part.bytes) || part.bytes.length;
    const bytes = part.bytes.subarray(0, whole);
    const text = encoding === 'base64' ? null : encoding === 'lossy' ? new TextDecoder().decode(bytes) : decode(bytes);
    const next = part.offset + whole;
    return {
      job_id: id,
      stderr,
      content: text,
      ...(text === null ? { content_base64: Buffer.from(bytes).toString('base64') } : {}),
      offset: part.offset,
      next_offset: next,
      bytes: part.total,
      dropped_bytes: part.dropped,
      complete: over && next === part.total,
    };
  },
});
