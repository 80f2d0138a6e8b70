import type { CommandDef } from 'citty';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { AtomicFile } from '../atomic_file';
import { command, UsageError, type Args, type Invocation, type Parsed } from '../command';
import { writeAll } from '../write';

const FORMATS = ['sh', 'json', 'yaml', 'text', 'csv', 'sql', 'zsh-histfile', 'pdf'];

const RENDER: Args = {
  target: { type: 'positional', description: 'aliases, env, path, functions, setopt, catalog, …; all-state for a whole shell' },
  format: { type: 'positional', required: false, options: FORMATS, description: 'How to write it' },
  name: { type: 'string', description: 'Only the row with this name' },
  filter: { type: 'string', valueHint: 'pattern', description: 'Only names that match; of the history, lines with these words' },
  range: { type: 'string', valueHint: '7d', description: 'Of the history: how far back' },
  shell: { type: 'string', valueHint: 'id', description: 'Whose definitions' },
  dialect: { type: 'enum', options: ['zsh', 'bash', 'fish'], description: 'Whose shell text' },
  additive: { type: 'boolean', description: 'Shell text that adds to what the shell has' },
  'show-sensitive': { type: 'boolean', description: 'With the values of what looks like a secret' },
  output: { type: 'string', alias: 'o', valueHint: 'file', suggest: 'files', description: 'Write this file, complete or not at all, mode 0600' },
};

const KEYS: Args = { 'with-keys': { type: 'boolean', description: 'Private keys too, in an archive' } };

/** `zd export TARGET [FORMAT]`, and `zd export FILE.tar.zst` for everything zd keeps. */
export const exportCommand: CommandDef = command({
  name: 'export',
  summary: 'Write what zd knows of a shell in some format, or everything zd keeps as NAME.tar.zst',
  args: { ...RENDER, ...KEYS },
  run: (args, invocation) => (String(args.target).endsWith('.tar.zst') ? archive(args, invocation) : rendered('export', args, invocation)),
});

export const viewCommand: CommandDef = command({
  name: 'view',
  summary: 'Show what zd knows of a shell; the same as export, as text unless a format is named',
  args: RENDER,
  run: (args, invocation) => rendered('view', args, invocation),
});

/** The body as it is: on a terminal, in a pipe, or in a file. */
async function rendered(op: 'export' | 'view', args: Parsed, { client, globals, out }: Invocation): Promise<void> {
  if (args['with-keys'] === true) throw new UsageError('--with-keys is for an archive', 'For example: zd export all.tar.zst --with-keys');
  const { target, format, name, filter, range, dialect, additive } = args;
  const input = { target, format, name, filter, range, dialect, additive, shell_id: args.shell, show_sensitive: args['show-sensitive'] };
  const reply = await client().send(op, JSON.stringify(input), { timeoutMs: globals.timeoutMs });
  if (globals.json) return out.line(reply.text);
  const { body, body_base64: base64, withheld } = reply.value;
  if (typeof withheld === 'number' && withheld > 0) out.note(`zd: ${withheld} values that look like secrets are left out (--show-sensitive)`);
  const bytes = typeof base64 === 'string' ? Uint8Array.fromBase64(base64) : new TextEncoder().encode(String(body));
  if (typeof args.output === 'string') return written(args.output, [bytes], out);
  if (typeof base64 === 'string' && out.terminal) return out.note(`(${bytes.length} bytes that are not text; send them to a file or a pipe)`);
  writeAll(1, bytes);
}

async function archive(args: Parsed, { client, globals, out }: Invocation): Promise<void> {
  const file = String(args.target);
  if (args.output !== undefined || args.format !== undefined) throw new UsageError('an archive has neither a format nor another output');
  const query = args['with-keys'] === true ? '?include_sensitive=true' : '';
  const response = await client().bytes(`/export/all${query}`, {}, { timeoutMs: globals.timeoutMs });
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    await written(file, counted(), out, false);
  } catch (error) {
    if (error instanceof ClientError || !(error instanceof Error && 'code' in error)) throw error;
    throw new ClientError('connection_lost', `the backup broke off after ${bytes} bytes (${String(error.code)})`, 'See `zd logs`', EXIT.failure);
  }
  if (globals.json) return out.result({ file, bytes });
  out.note(`wrote ${bytes} bytes to ${file}`);
}

async function written(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, out: Invocation['out'], tell = true): Promise<void> {
  const file = new AtomicFile(path);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      file.write(chunk);
      bytes += chunk.length;
    }
    // What is in it is for its owner alone.
    file.commit({ mode: 0o600, durable: true });
  } finally {
    file.discard();
  }
  if (tell) out.note(`wrote ${bytes} bytes to ${path}`);
}
