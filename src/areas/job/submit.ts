import { defineOp } from '../../kernel/op';
import { Name, strict, t } from '../../kernel/schema';
import { GroupName, JobId, Tag } from './schema';
import './service';

const Word = t.String({ maxLength: 131_072, pattern: '^[^\\u0000]*$' });
const EnvName = '^[^=\\u0000]+$';

export const submit = defineOp({
  name: 'job_submit',
  summary: 'Run a program under supervision: it outlives the daemon, and its output and exit code are kept.',
  description: [
    'The reply comes after the job is stored; it starts when its group has a place and the jobs in `after` have exited with 0 (else it is `skipped`).',
    'The command is a list of words and no shell reads it. Its environment is a short allow-list (PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TMPDIR, XDG_*) and `env`.',
    'The same `idempotency_key` with the same arguments answers with the job of the first call. A job with `pty` ends with the daemon, as `interrupted`.',
  ].join('\n'),
  scope: 'job.write',
  effect: 'write',
  input: strict({
    command: t.Array(Word, { minItems: 1, maxItems: 10_000, description: 'The program and its arguments.' }),
    cwd: t.Optional(t.String({ minLength: 1, maxLength: 4096, pattern: '^[^\\u0000]+$', description: 'Absolute; the home folder by default.' })),
    env: t.Optional(
      t.Record(t.String({ pattern: EnvName }), Word, {
        additionalProperties: false,
        description: 'Variables beside the allow-list; never shown again.',
      }),
    ),
    tags: t.Optional(t.Array(Tag, { maxItems: 32 })),
    name: t.Optional(Name),
    group: t.Optional(GroupName),
    priority: t.Optional(t.Integer({ minimum: -1_000_000, maximum: 1_000_000, default: 0, description: 'Higher starts first.' })),
    after: t.Optional(t.Array(JobId, { maxItems: 1000, description: 'Jobs that have to succeed first.' })),
    timeout_secs: t.Optional(t.Number({ exclusiveMinimum: 0, maximum: 3_153_600_000, description: 'Then it is ended, as `timed_out`.' })),
    stdin: t.Optional(t.String({ maxLength: 1_048_576, description: 'What it reads; nothing by default.' })),
    pty: t.Optional(t.Boolean({ description: 'Give it a terminal.' })),
    pty_rows: t.Optional(t.Integer({ minimum: 1, maximum: 65_535, default: 24 })),
    pty_cols: t.Optional(t.Integer({ minimum: 1, maximum: 65_535, default: 80 })),
    retries: t.Optional(t.Integer({ minimum: 0, maximum: 1000, default: 0, description: 'Further attempts after a failure.' })),
    backoff_secs: t.Optional(t.Number({ minimum: 0, maximum: 3600, default: 1, description: 'Wait before the first retry; doubled each time.' })),
    keep_output_bytes: t.Optional(t.Integer({ minimum: 4096, description: 'Kept of each output; the oldest bytes go first.' })),
    idempotency_key: t.Optional(Name),
  }),
  output: strict({ job_id: JobId, pty: t.Boolean(), existing: t.Boolean({ description: 'The idempotency key was known.' }) }),
  errors: ['submit_failed', 'no_job', 'conflict', 'too_many'],
  cli: {
    path: ['job', 'submit'],
    positional: ['command'],
    rest: 'command',
    rename: { tags: 'tag', backoff_secs: 'backoff', pty_rows: 'rows', pty_cols: 'cols', idempotency_key: 'key' },
    essential: 'job_id',
  },
  example: { command: ['cat'], cwd: '/', tags: ['demo'], pty: true },
  handle: async ({ jobs }, { stdin, ...input }, call) => {
    if (stdin !== undefined && input.pty)
      throw call.fail('bad_args', '/stdin: a job with a terminal reads from it; use job_input', { path: '/stdin' });
    const request = stdin === undefined ? input : { ...input, stdin: Buffer.from(stdin) };
    const { jobId, existing } = await jobs.submit(request, call.caller);
    return { job_id: jobId, pty: input.pty ?? false, existing };
  },
});
