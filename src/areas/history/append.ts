import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { draftOf, ENTRY } from './schema';

export const append = defineOp({
  name: 'history_append',
  summary: 'Keep a command that was run.',
  description:
    'What `history.ignore`, `history.ignore_space` and `history.private` say is left out, and told; secrets are taken out of the line before it is kept (`history.redact`). ' +
    'The event `history.appended` tells that there is an entry, not what it says. A command of at least `history.long_command_ms` is announced as `long_cmd_complete`, `long_cmd_failed` or `long_cmd_signaled`. ' +
    'Kept when the reply comes, also when the daemon is killed; the last moments before the machine loses power may be lost.',
  scope: 'history.write',
  effect: 'write',
  input: strict(ENTRY),
  output: strict({
    history_id: nullable(t.Integer({ minimum: 1, description: 'Null when it was left out.' })),
    recorded: t.Boolean(),
    ignored: nullable(t.Union([t.Literal('private'), t.Literal('leading_space'), t.Literal('pattern')], { description: 'Why it was left out.' })),
    redacted: t.Integer({ minimum: 0, description: 'Secrets that were taken out.' }),
  }),
  errors: ['too_large'],
  cli: { path: ['history', 'append'], positional: ['line'], essential: 'history_id' },
  example: { line: 'git status', exit_code: 0, cwd: '/home/me/zd' },
  maxBody: 8 * 1024 * 1024,
  handle: async ({ history, clock }, input, call) => {
    const { source } = call.caller;
    // A shell that registered need not say which one it is.
    const shellId = input.shell_id ?? (source.startsWith('shell:') ? Number(source.slice('shell:'.length)) : null);
    const { id, ignored, redacted } = await history.append({ ...draftOf(input, clock.now()), shellId }, source);
    return { history_id: id, recorded: id !== null, ignored, redacted };
  },
});
