import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command } from '../command';

/** What the daemon takes of one output. */
const MAX_BYTES = 1024 * 1024;

/** The beginning of a file, which is removed: it was made for this. */
function takeFile(path: string | undefined): string {
  if (path === undefined) return '';
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new ClientError('no_file', `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, '', EXIT.missing);
  }
  try {
    const bytes = Buffer.alloc(MAX_BYTES);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, MAX_BYTES, 0));
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}

export const shellResult = command({
  name: 'shell result',
  summary: 'Answer a command that was sent to this shell; what the hooks of `zd init --accept-send` call',
  args: {
    id: { type: 'positional', description: 'The id it was delivered with' },
    exit: { type: 'string', value: 'integer', alias: 'exit-code', valueHint: 'n', description: 'Its exit code' },
    stdout: { type: 'string', valueHint: 'text', description: 'What it printed' },
    stderr: { type: 'string', valueHint: 'text', description: 'What it printed on stderr' },
    'stdout-file': { type: 'string', valueHint: 'file', suggest: 'files', description: 'A file with what it printed; it is removed' },
    'stderr-file': { type: 'string', valueHint: 'file', suggest: 'files', description: 'The same of stderr' },
  },
  run: async (args, { client, globals, out }) => {
    const input = {
      delivery_id: args.id,
      ...(args.exit === undefined ? {} : { exit_code: args.exit }),
      stdout: (args.stdout as string | undefined) ?? takeFile(args['stdout-file'] as string | undefined),
      stderr: (args.stderr as string | undefined) ?? takeFile(args['stderr-file'] as string | undefined),
    };
    await out.reply(await client().send('cmd_result', JSON.stringify(input), { timeoutMs: globals.timeoutMs }), { essential: 'resolved' });
  },
});
