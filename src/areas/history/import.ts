import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { draftOf, ENTRY } from './schema';

const Count = t.Integer({ minimum: 0 });

export const importEntries = defineOp({
  name: 'history_import',
  summary: 'Keep commands that were run elsewhere or earlier, many at once.',
  description:
    'All of them or none. The rules of `history_append` hold, but for private mode. With `dedupe` what is there already, the same line at the same time, is left out, ' +
    'so the same import can be repeated. `zd history import` reads the files of bash, zsh, fish and atuin and sends them in pages.',
  scope: 'history.write',
  effect: 'write',
  input: strict({
    entries: t.Array(strict(ENTRY), { maxItems: 1000 }),
    dedupe: t.Optional(t.Boolean({ default: true })),
  }),
  output: strict({
    imported: Count,
    skipped: t.Integer({ minimum: 0, description: 'Not imported: `duplicates` and `ignored` together.' }),
    duplicates: Count,
    ignored: Count,
    total_parsed: Count,
    redacted: t.Integer({ minimum: 0, description: 'Secrets that were taken out.' }),
  }),
  errors: ['too_large'],
  example: { entries: [{ line: 'make test', ts_ns: 1_700_000_000_000_000_000, exit_code: 0 }] },
  maxBody: 64 * 1024 * 1024,
  handle: async ({ history, clock }, { entries, dedupe = true }, call) => {
    const now = clock.now();
    const { imported, duplicates, ignored, redacted } = await history.import(
      entries.map((entry) => draftOf(entry, now)),
      dedupe,
      call.caller.source,
    );
    return { imported, skipped: duplicates + ignored, duplicates, ignored, total_parsed: entries.length, redacted };
  },
});
