import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { MAX_TAGS } from './model';
import { Line, ShellId, Tag } from './schema';
import './service';

const Place = (what: string) => t.Optional({ ...nullable(Line), description: `${what}; null clears it.` });

export const register = defineOp({
  name: 'register',
  summary: 'Register a shell, or tell what changed of one.',
  description:
    'A shell is its process: `shell_pid` and when that began. It goes by itself when the process ends. Without `shell_pid` it is the shell whose call this is, or none. ' +
    'Later calls are those of the shell when they come over the same WebSocket, or bring its key in the header `zd-shell-key`. ' +
    'A socket that registered hears `cmd:execute`, `notify`, `ask:*` and `long_cmd_*` frames; a shell without one is told by its `bell` and fetches with `take_deliveries`.',
  scope: 'shell.write',
  effect: 'write',
  input: strict({
    shell_pid: t.Optional(t.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'The process of the shell.' })),
    shell_key: t.Optional(t.String({ minLength: 16, maxLength: 256, description: 'A secret of its own; without it one is made and told once.' })),
    cwd: Place('Its folder'),
    tty: Place('Its terminal'),
    argv0: Place('Its program'),
    tags: t.Optional(t.Array(Tag, { maxItems: MAX_TAGS, description: 'Added to those it has.' })),
    accept_send: t.Optional(t.Boolean({ description: 'Run commands that others send. Off until it is said.' })),
    bell: t.Optional(
      nullable(t.Union([t.Literal('SIGWINCH'), t.Literal('SIGURG')], { description: 'The signal that says something is there to be fetched.' })),
    ),
  }),
  output: strict({
    client_id: t.Integer({ minimum: 1 }),
    shell_id: nullable(ShellId),
    shell_key: nullable(t.String({ description: 'Only when it was made by this call.' })),
    cwd: nullable(t.String()),
    tty: nullable(t.String()),
    argv0: nullable(t.String()),
    tags: t.Array(t.String()),
    accept_send: t.Boolean(),
  }),
  errors: ['no_such_process', 'foreign_shell', 'too_many'],
  example: { cwd: '/tmp', argv0: 'zsh' },
  handle: async ({ shells }, input, call) => {
    const { shell_pid, shell_key = null, cwd, tty, argv0, tags = [], accept_send, bell } = input;
    const self = shells.callerOf(call.caller);
    const pid = shell_pid ?? self?.process.pid;
    const { connection } = call;
    if (pid === undefined) {
      const client_id = connection ? shells.join(connection, 0) : shells.nextClient();
      return { client_id, shell_id: null, shell_key: null, cwd: cwd ?? null, tty: tty ?? null, argv0: argv0 ?? null, tags: [], accept_send: false };
    }
    const by = self?.id ?? 0;
    const { shell, key } = await shells.register({ pid, key: shell_key, cwd, tty, argv0, tags, acceptSend: accept_send, bell, by });
    const client_id = connection ? shells.join(connection, shell.id) : shells.nextClient();
    const { id, acceptSend, ...rest } = shell;
    const known = { cwd: rest.cwd, tty: rest.tty, argv0: rest.argv0, tags: [...rest.tags] };
    return { client_id, shell_id: id, shell_key: key, ...known, accept_send: acceptSend };
  },
});
