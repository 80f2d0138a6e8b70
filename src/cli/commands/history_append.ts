import { hostname } from 'node:os';
import { entryOf } from '../catalogue';
import { command, UsageError } from '../command';

const entry = entryOf('history append')!;
const number = (description: string, hint = 'n') => ({ type: 'string', value: 'integer', valueHint: hint, description }) as const;

export const historyAppend = command({
  name: 'history append',
  summary: 'Keep a command that was run, here and just now unless flags say otherwise; what shell hooks call',
  args: {
    line: { type: 'positional', many: true, description: 'The command, after --' },
    exit: { ...number('Its exit code'), alias: 'exit-code' },
    cwd: { type: 'string', valueHint: 'dir', suggest: 'folders', description: 'The folder it was run in, by default this one' },
    'duration-ms': { ...number('How long it took', 'ms'), minimum: 0 },
    // Nanoseconds pass what a number holds exactly; the daemon keeps milliseconds.
    'started-ns': { type: 'string', alias: 'ts-ns', valueHint: 'ns', description: 'When it was started, in nanoseconds since 1970' },
    'shell-id': { ...number('The number of the shell'), minimum: 0 },
    session: { type: 'string', valueHint: 'text', description: 'The session, by default $ZD_SESSION' },
    host: { type: 'string', valueHint: 'name', description: 'The machine, by default this one' },
  },
  run: async (args, { client, globals, out, env }) => {
    const started = args['started-ns'] as string | undefined;
    if (started !== undefined && !/^\d{1,19}$/.test(started)) throw new UsageError(`--started-ns must be a whole number, not "${started}"`);
    // In private mode not even the daemon hears of it.
    if (env.ZD_HISTORY_PRIVATE) return;
    const duration = args['duration-ms'] as number | undefined;
    const session = (args.session as string | undefined) ?? env.ZD_SESSION;
    const input = {
      line: (args.line as string[]).join(' '),
      cwd: (args.cwd as string | undefined) ?? process.cwd(),
      hostname: (args.host as string | undefined) ?? hostname(),
      ...(args.exit === undefined ? {} : { exit_code: args.exit }),
      ...(duration === undefined ? {} : { duration_ns: duration * 1_000_000 }),
      ...(started === undefined ? {} : { ts_ns: Number(started) }),
      ...(args['shell-id'] === undefined ? {} : { shell_id: args['shell-id'] }),
      ...(session ? { sessid: session } : {}),
    };
    const reply = await client().send(entry.name, JSON.stringify(input), { timeoutMs: globals.timeoutMs });
    if (reply.value.recorded !== true && !globals.json) return out.note(`zd: not kept (${String(reply.value.ignored)})`);
    await out.reply(reply, entry.cli);
  },
});
