import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { differences, sameOrigin, sameValue } from './diff';
import { noSuchKind } from './emitter';
import { isCatalogKind } from './kinds';
import { KindName, ShellId } from './schema';
import './service';

const Value = nullable(t.String());
const Only = t.Array(strict({ kind: t.String(), name: t.String(), value: Value }));

export const definitionsDiff = defineOp({
  name: 'definitions_diff',
  summary: 'What two shells define differently.',
  description: 'Sorted by kind, then name. Values are compared, with `attribution` also where they were defined.',
  scope: 'defs.read',
  effect: 'read',
  input: strict({
    shell_a: ShellId,
    shell_b: ShellId,
    kind: t.Optional(KindName),
    attribution: t.Optional(t.Boolean({ description: 'Another file or line counts as a change.' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 100_000, default: 10_000, description: 'Differences that are listed; all are counted.' })),
  }),
  output: strict({
    shell_a: t.String(),
    shell_b: t.String(),
    added: { ...Only, description: 'Only in b.' },
    removed: { ...Only, description: 'Only in a.' },
    changed: t.Array(strict({ kind: t.String(), name: t.String(), from: Value, to: Value })),
    summary: strict({ added: t.Integer(), removed: t.Integer(), changed: t.Integer() }),
    truncated: t.Boolean(),
    unknown_shells: t.Array(t.String(), { description: 'Those of the two that have no definitions at all.' }),
  }),
  errors: ['no_such_kind'],
  cli: { path: ['definitions', 'diff'], positional: ['shell_a', 'shell_b', 'kind'] },
  example: { shell_a: 'bash', shell_b: 'zsh', kind: 'alias' },
  handle: async ({ definitions }, { shell_a, shell_b, kind, attribution = false, limit = 10_000 }, call) => {
    if (kind !== undefined && !isCatalogKind(kind)) throw noSuchKind(kind);
    const read = (shellId: string) => definitions.read({ shellId, kind }, call.signal);
    const added: { kind: string; name: string; value: string | null }[] = [];
    const removed: typeof added = [];
    const changed: { kind: string; name: string; from: string | null; to: string | null }[] = [];
    const summary = { added: 0, removed: 0, changed: 0 };
    const same = attribution ? (a: Parameters<typeof sameValue>[0], b: typeof a) => sameValue(a, b) && sameOrigin(a, b) : sameValue;
    for await (const { a, b } of differences(read(shell_a), read(shell_b), same)) {
      const { kind: of, name } = (a ?? b)!;
      const room = added.length + removed.length + changed.length < limit;
      if (a && b) summary.changed++;
      else if (a) summary.removed++;
      else summary.added++;
      if (!room) continue;
      if (a && b) changed.push({ kind: of, name, from: a.value, to: b.value });
      else (a ? removed : added).push({ kind: of, name, value: (a ?? b)!.value });
    }
    const known = new Set(definitions.shells().map(({ shellId }) => shellId));
    const unknown = [...new Set([shell_a, shell_b])].filter((each) => !known.has(each));
    const truncated = summary.added + summary.removed + summary.changed > limit;
    return { shell_a, shell_b, added, removed, changed, summary, truncated, unknown_shells: unknown };
  },
});
