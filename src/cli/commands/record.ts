import { redacted } from '../../areas/definitions/observation';
import { ClientError } from '../../client/error';
import { nanos } from '../../kernel/clock';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation, type Parsed } from '../command';
import { capture, type Captured, type ShellName } from '../recorder/capture';
import { fromBash } from '../recorder/from_bash';
import { fromFish } from '../recorder/from_fish';
import { fromZsh } from '../recorder/from_zsh';
import { locate } from '../recorder/locate';
import type { Seen } from '../recorder/seen';

const READERS = { bash: fromBash, zsh: fromZsh, fish: fromFish } as const;
const TIMEOUT_MS = 30_000;
/** The daemon's default limit of one value. */
const MOST_VALUE_BYTES = 1 << 20;

export const record = command({
  name: 'record',
  summary: 'Record what a login shell defines: starts it with its configuration, asks it, and stores the answer without its secrets',
  args: {
    shell: { type: 'positional', options: ['bash', 'zsh', 'fish'], required: true, description: 'Which shell' },
    program: { type: 'string', valueHint: 'file', suggest: 'files', description: 'This program instead of the one in PATH' },
    'shell-id': { type: 'string', valueHint: 'id', description: 'Store it under this id instead of the name of the shell' },
    'dry-run': { type: 'boolean', description: 'Print the bundle as JSON and store nothing' },
  },
  run,
});

async function run(args: Parsed, { client, env, globals, out, interrupted }: Invocation): Promise<void> {
  const shell = args.shell as ShellName;
  const program = Bun.which((args.program as string | undefined) ?? shell, { PATH: env.PATH ?? '/usr/bin:/bin' });
  if (program === null)
    throw new ClientError(
      'no_such_file',
      `there is no program ${String(args.program ?? shell)}`,
      'Install it, or name it with --program',
      EXIT.missing,
    );
  const captured = await capture(shell, program, env, globals.timeoutMs ?? TIMEOUT_MS, interrupted());
  const { bundle, withheld, large } = bundleOf(shell, (args['shell-id'] as string | undefined) ?? shell, captured, env);
  for (const name of large) out.note(`zd: ${JSON.stringify(name)} is larger than 1 MiB and was left out`);
  const said = `${withheld} ${withheld === 1 ? 'value that looks' : 'values that look'} like a secret withheld`;
  if (args['dry-run'] === true) {
    out.note(`zd: ${bundle.events.length} definitions, ${said}; nothing was stored`);
    return out.line(JSON.stringify(bundle));
  }
  const reply = await client().send('recorder_ingest', JSON.stringify(bundle));
  out.note(`zd: recorded ${bundle.events.length} definitions of ${shell}: ${changesOf(reply.value)}; ${said}`);
  if (globals.json) return out.line(reply.text);
  if (!globals.quiet) out.line(String(reply.value.rows_written));
}

function bundleOf(shell: ShellName, shellId: string, { frames, startedAt, finishedAt, cmdline }: Captured, env: Invocation['env']) {
  let withheld = 0;
  const large: string[] = [];
  const kept = locate(shell, READERS[shell](frames), env).filter((seen) => {
    if (seen.name === '' || seen.name.length > 8192) return false;
    if (sizeOf(seen) <= MOST_VALUE_BYTES) return true;
    large.push(seen.name);
    return false;
  });
  const events = kept.map((seen, at) => {
    const safe = redacted(seen);
    if (safe !== seen) withheld++;
    return { order_idx: at, ts_ns: nanos(finishedAt), ...safe };
  });
  const origin = { cmdline, home: env.HOME ?? null, zdotdir: env.ZDOTDIR ?? null };
  const bundle = { shell_id: shellId, started_at_ns: nanos(startedAt), finished_at_ns: nanos(finishedAt), ...origin, events };
  return { bundle, withheld, large };
}

const sizeOf = ({ value, value_array = [], value_assoc = [] }: Seen): number =>
  [value ?? '', ...value_array, ...value_assoc.flat()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);

/** `3 new, 1 changed, 2 gone`. */
function changesOf({ kinds }: Record<string, unknown>): string {
  const sum = (field: string) => Object.values(kinds as Record<string, Record<string, number>>).reduce((all, each) => all + (each[field] ?? 0), 0);
  return `${sum('inserted')} new, ${sum('updated')} changed, ${sum('removed')} gone`;
}
