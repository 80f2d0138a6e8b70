import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

const MOST_NAMES = 10_000;

export const importAll = defineOp({
  name: 'import_all',
  summary: 'Take a backup in place of everything zd has: checked now, put in place at the next start.',
  description:
    'The archive is unpacked beside the home and checked to its last byte; whatever is wrong with it, nothing has changed. The next start of the daemon puts it in place ' +
    'by renames, before it opens anything, and goes on with that after a crash. What it replaces is kept in `replaced-TIME` in the data folder. `zd import` works without a daemon too.',
  scope: 'import.admin',
  effect: 'destructive',
  waits: true,
  input: strict({
    path: t.String({
      minLength: 1,
      maxLength: 4096,
      description: 'An absolute path on the machine of the daemon, or the name of a file in its folder `exports`.',
    }),
    force: t.Optional(
      t.Boolean({ default: false, description: 'Replace what is there. Without it nothing is taken, as a daemon that runs has a home.' }),
    ),
    restart: t.Optional(t.Boolean({ default: false, description: 'Restart at once.' })),
  }),
  output: strict({
    from: t.String(),
    imported: t.Array(t.String(), { description: `Names of members, the first ${MOST_NAMES}.` }),
    imported_count: t.Integer({ minimum: 0 }),
    skipped: t.Array(strict({ path: t.String(), reason: t.String() }), { description: 'Always empty: an archive is taken whole or not at all.' }),
    skipped_count: t.Integer({ minimum: 0 }),
    restarting: t.Boolean(),
    advice: t.String(),
  }),
  errors: ['conflict', 'no_such_file', 'read_failed', 'bad_archive', 'integrity_check_failed'],
  example: { path: 'monday.tar.zst', force: true },
  exampleSetup: [{ op: 'export_all', input: { out: 'monday.tar.zst' } }],
  handle: async ({ archives, lifecycle }, { path, force = false, restart = false }, call) => {
    if (!force) throw call.fail('conflict', 'This home has data of its own.', { hint: 'Give force to replace it; what is there is kept beside it.' });
    if (restart) call.need('meta.admin');
    const members = await archives.stage(path);
    if (restart) lifecycle.restart();
    return {
      from: path,
      imported: members.slice(0, MOST_NAMES).map(({ name }) => name),
      imported_count: members.length,
      skipped: [],
      skipped_count: 0,
      restarting: restart,
      advice: restart ? 'The daemon restarts with it now.' : 'It is put in place at the next start: `zd restart`.',
    };
  },
});
