import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileLines, type Reading } from '../../areas/history/file_lines';
import { fromAtuin } from '../../areas/history/from_atuin';
import { fromBash } from '../../areas/history/from_bash';
import { fromFish } from '../../areas/history/from_fish';
import { fromZsh, type FileEntry } from '../../areas/history/from_zsh';
import { ClientError } from '../../client/error';
import type { Env } from '../../daemon/paths';
import { nanos } from '../../kernel/clock';
import { EXIT } from '../../kernel/code_info';
import { command, UsageError } from '../command';

const KINDS = ['bash', 'zsh', 'fish', 'atuin'] as const;
type Kind = (typeof KINDS)[number];

/** One page: so many entries, or so many bytes of them. */
const PAGE = 1000;
const PAGE_BYTES = 2 * 1024 * 1024;

export const historyImport = command({
  name: 'history import',
  summary: 'Import the history of bash, zsh, fish or atuin; the same import can be repeated',
  args: {
    kind: { type: 'positional', options: KINDS, description: 'Whose history' },
    file: { type: 'positional', required: false, suggest: 'files', description: 'The file, by default where it usually is; - for stdin' },
    'no-dedupe': { type: 'boolean', description: 'Also what is there already' },
  },
  run: async ({ kind, file, 'no-dedupe': all }, { client, globals, out, env }) => {
    const path = (file as string | undefined) ?? usualPath(kind as Kind, env);
    const reading: Reading = { bytes: 0, tooLong: 0 };
    const sum = { imported: 0, skipped: 0, duplicates: 0, ignored: 0, redacted: 0, total_parsed: 0 };
    const send = async (page: readonly object[]) => {
      const body = JSON.stringify({ entries: page, dedupe: all !== true });
      const { value } = await client().send('history_import', body, { timeoutMs: globals.timeoutMs });
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += value[name] as number;
    };
    let page: object[] = [];
    let bytes = 0;
    for await (const entry of entriesOf(kind as Kind, path, reading)) {
      page.push(wire(entry));
      bytes += entry.line.length;
      if (page.length < PAGE && bytes < PAGE_BYTES) continue;
      await send(page);
      page = [];
      bytes = 0;
    }
    if (page.length > 0) await send(page);
    if (reading.tooLong > 0) out.note(`zd: ${reading.tooLong} commands of more than a megabyte were left out`);
    if (sum.redacted > 0) out.note(`zd: ${sum.redacted} secrets were taken out`);
    await out.result({ ...sum, from: path, format: reading.bytes === 0 ? 'empty' : kind, bytes_in: reading.bytes }, { essential: 'imported' });
  },
});

async function* entriesOf(kind: Kind, path: string, reading: Reading): AsyncGenerator<FileEntry> {
  try {
    if (kind === 'atuin') {
      if (path === '-') throw new UsageError('the database of atuin cannot come on stdin');
      if (!existsSync(path)) throw Object.assign(new Error(), { code: 'ENOENT' });
      yield* fromAtuin(path, reading);
      return;
    }
    const lines = fileLines(path === '-' ? Bun.stdin.stream() : Bun.file(path).stream(), reading);
    yield* kind === 'bash' ? fromBash(lines) : kind === 'zsh' ? fromZsh(lines) : fromFish(lines);
  } catch (error) {
    if (error instanceof UsageError || error instanceof ClientError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ClientError('read_failed', `${path} cannot be read (${code ?? message})`, 'Name the file: zd history import KIND FILE', EXIT.failure);
  }
}

function usualPath(kind: Kind, env: Env): string {
  const home = env.HOME ?? '';
  const data = env.XDG_DATA_HOME || join(home, '.local/share');
  const shell = env.HISTFILE && env.HISTFILE.includes(kind) ? [env.HISTFILE] : [];
  const usual: Readonly<Record<Kind, readonly string[]>> = {
    bash: [...shell, join(home, '.bash_history')],
    zsh: [...shell, join(env.ZDOTDIR || home, '.zsh_history'), join(home, '.zsh_history'), join(home, '.zhistory'), join(home, '.histfile')],
    fish: [join(data, 'fish/fish_history')],
    atuin: [env.ATUIN_DB_PATH ?? '', join(data, 'atuin/history.db')],
  };
  const found = usual[kind].find((path) => path !== '' && existsSync(path));
  if (found === undefined)
    throw new ClientError(
      'read_failed',
      `there is no history of ${kind} where it usually is`,
      `Name the file: zd history import ${kind} FILE`,
      EXIT.missing,
    );
  return found;
}

const wire = ({ line, ts, exitCode, cwd, durationMs, sessid, hostname: host }: FileEntry) => ({
  line,
  ts_ns: nanos(ts),
  hostname: host || hostname(),
  ...(exitCode == null ? {} : { exit_code: exitCode }),
  ...(cwd ? { cwd } : {}),
  ...(durationMs == null ? {} : { duration_ns: nanos(durationMs) }),
  ...(sessid ? { sessid } : {}),
});
