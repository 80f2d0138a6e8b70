import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { nanos } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { fileLines, type Reading } from './file_lines';
import { fromBash } from './from_bash';
import { fromFish } from './from_fish';
import { fromZsh, type FileEntry } from './from_zsh';
import { draftOf } from './schema';

const Count = t.Integer({ minimum: 0 });
const READERS = { zsh: fromZsh, bash: fromBash, fish: fromFish };
const PAGE = 1000;
const MOST_BYTES = 256 * 1024 * 1024;

export const importHistory = defineOp({
  name: 'import_history',
  summary: 'Import the history file of a shell that lies on this machine.',
  description:
    'The file is read whole before anything is kept, then kept in pages; with `dedupe` the same import can be repeated. It needs history.admin: ' +
    'zd reads whatever its user may. `zd history import` reads files with the rights of who calls it.',
  scope: 'history.admin',
  effect: 'write',
  input: strict({
    path: t.String({ minLength: 1, maxLength: 4096, description: 'Absolute.' }),
    dedupe: t.Optional(t.Boolean({ default: true })),
    format: t.Optional(
      t.Union([t.Literal('zsh'), t.Literal('bash'), t.Literal('fish')], { default: 'zsh', description: 'zsh also reads plain lines.' }),
    ),
  }),
  output: strict({ imported: Count, skipped: Count, total_parsed: Count, redacted: Count, from: t.String(), bytes_in: Count, format: t.String() }),
  errors: ['read_failed', 'too_large'],
  example: { path: '/etc/hosts', format: 'bash' },
  handle: async ({ history, clock }, { path, dedupe = true, format = 'zsh' }, call) => {
    if (!isAbsolute(path)) throw new ZdError('bad_args', '/path: is not absolute', { path: '/path' });
    const reading: Reading = { bytes: 0, tooLong: 0 };
    const entries = await entriesOf(path, format, reading);
    const now = clock.now();
    const sum = { imported: 0, skipped: reading.tooLong, redacted: 0 };
    for (let at = 0; at < entries.length; at += PAGE) {
      const page = entries.slice(at, at + PAGE).map(({ line, ts, durationMs }) => {
        const duration = durationMs == null ? {} : { duration_ns: nanos(durationMs) };
        return draftOf({ line, ts_ns: nanos(ts), ...duration }, now);
      });
      const { imported, duplicates, ignored, redacted } = await history.import(page, dedupe, call.caller.source);
      sum.imported += imported;
      sum.skipped += duplicates + ignored;
      sum.redacted += redacted;
    }
    return { ...sum, total_parsed: entries.length, from: path, bytes_in: reading.bytes, format: reading.bytes === 0 ? 'empty' : format };
  },
});

async function entriesOf(path: string, format: keyof typeof READERS, reading: Reading): Promise<FileEntry[]> {
  try {
    const about = await stat(path);
    if (!about.isFile()) throw new ZdError('read_failed', 'This is no regular file.', { path: '/path' });
    if (about.size > MOST_BYTES) throw new ZdError('too_large', `The file has ${about.size} bytes, at most ${MOST_BYTES} are read.`);
    return await Array.fromAsync(READERS[format](fileLines(Bun.file(path).stream(), reading)));
  } catch (error) {
    if (error instanceof ZdError) throw error;
    throw new ZdError('read_failed', `The file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { path: '/path' });
  }
}
