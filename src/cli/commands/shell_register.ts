import { readlinkSync } from 'node:fs';
import { command } from '../command';

/** What a process has as its terminal, where the system can tell. */
function terminalOf(pid: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/0`);
    return path.startsWith('/dev/') ? path : undefined;
  } catch {
    return undefined;
  }
}

export const shellRegister = command({
  name: 'shell register',
  summary: 'Register the shell this runs in, or tell what changed of it; what the hooks of `zd init` call. Its key comes in ZD_SHELL_KEY',
  args: {
    pid: { type: 'string', value: 'integer', minimum: 1, valueHint: 'pid', description: 'Its process (default: whoever runs zd)' },
    cwd: { type: 'string', valueHint: 'dir', suggest: 'folders', description: 'Its folder (default: here)' },
    tty: { type: 'string', valueHint: 'path', description: 'Its terminal' },
    argv0: { type: 'string', valueHint: 'name', description: 'Its program' },
    tag: { type: 'string', many: true, valueHint: 'name…', description: 'Add a tag' },
    'accept-send': { type: 'boolean', description: 'It runs commands that others send' },
    bell: { type: 'enum', options: ['SIGWINCH', 'SIGURG'], description: 'The signal that says something came for it' },
  },
  run: async (args, { client, globals, out, env }) => {
    const pid = (args.pid as number | undefined) ?? process.ppid;
    const { tty = terminalOf(pid), argv0, bell, tag } = args;
    const accept = args['accept-send'];
    const input = {
      shell_pid: pid,
      cwd: (args.cwd as string | undefined) ?? process.cwd(),
      // The environment and not a flag: the arguments of a process are for everybody to read.
      ...(env.ZD_SHELL_KEY ? { shell_key: env.ZD_SHELL_KEY } : {}),
      ...(tty === undefined ? {} : { tty }),
      ...(argv0 === undefined ? {} : { argv0 }),
      ...(bell === undefined ? {} : { bell }),
      ...(tag === undefined ? {} : { tags: tag }),
      ...(accept === undefined ? {} : { accept_send: accept }),
    };
    await out.reply(await client().send('register', JSON.stringify(input), { timeoutMs: globals.timeoutMs }), { essential: 'shell_id' });
  },
});
