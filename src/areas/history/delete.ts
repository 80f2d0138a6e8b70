import { millis } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Line, Session, Time } from './schema';

export const deleteEntries = defineOp({
  name: 'history_delete',
  summary: 'Delete entries of the history for good.',
  description:
    'Every condition given must hold, and at least one must be given; `all` stands for none. The words of a deleted line leave the full-text index too. `dry_run` only counts.',
  scope: 'history.write',
  effect: 'destructive',
  input: strict({
    ids: t.Optional(t.Array(t.Integer({ minimum: 1 }), { minItems: 1, maxItems: 10_000, description: 'The entries with these ids.' })),
    line: t.Optional(Line),
    pattern: t.Optional(t.String({ minLength: 1, maxLength: 1000, description: 'Lines that fit as a whole; * is any text, ? one character.' })),
    sessid: t.Optional(Session),
    after_ns: t.Optional(Time),
    before_ns: t.Optional(Time),
    duplicates: t.Optional(t.Boolean({ description: 'All but the newest entry of each line.' })),
    all: t.Optional(t.Boolean({ description: 'Every entry.' })),
    dry_run: t.Optional(t.Boolean({ description: 'Delete nothing, only count.' })),
  }),
  output: strict({ deleted: t.Integer({ minimum: 0, description: 'With dry_run: how many there would be.' }), dry_run: t.Boolean() }),
  errors: [],
  cli: { path: ['history', 'delete'], positional: ['ids'], essential: 'deleted' },
  example: { pattern: 'export *', dry_run: true },
  handle: async ({ history }, input, call) => {
    const { ids, line, pattern, sessid, after_ns: after, before_ns: before, duplicates = false, all = false, dry_run: dryRun = false } = input;
    const given = [ids, line, pattern, sessid, after, before].some((each) => each !== undefined) || duplicates;
    if (given === all) throw call.fail('bad_args', all ? '/all: cannot be combined with a condition' : 'the arguments: say which entries, or `all`');
    const time = (ns: number | undefined) => (ns === undefined ? undefined : millis(ns));
    const deletion = { ids, line, pattern, sessid, after: time(after), before: time(before), duplicates, dryRun };
    return { deleted: await history.delete(deletion, call.caller.source), dry_run: dryRun };
  },
});
