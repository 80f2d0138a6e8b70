import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { jsonOf, pairsOf, subsystemOf } from './canonical';
import { DEFAULT_SHELL, ShellId } from './schema';
import './service';

const Pairs = t.Array(t.Array(t.String(), { minItems: 2, maxItems: 2 }));

export const diffCanonical = defineOp({
  name: 'diff_canonical',
  summary: 'Compare what a session has with the catalogue.',
  description: 'Values are JSON text. Without an overlay everything stored is `only_canonical`.',
  scope: 'import.read',
  effect: 'read',
  input: strict({
    subsystem: t.String({ minLength: 1, maxLength: 64 }),
    overlay: t.Optional(t.Unknown({ description: 'As `value` of push_canonical.' })),
    shell_id: t.Optional({ ...ShellId, default: DEFAULT_SHELL }),
  }),
  output: strict({
    subsystem: t.String(),
    shell_id: t.String(),
    only_overlay: Pairs,
    only_canonical: Pairs,
    conflicts: t.Array(strict({ key: t.String(), overlay: t.String(), canonical: t.String() })),
  }),
  errors: ['bad_subsystem'],
  cli: { path: ['definitions', 'compare'], positional: ['subsystem', 'overlay'], json: ['overlay'] },
  example: { subsystem: 'alias', overlay: { gst: 'git status -sb' } },
  maxBody: 16 << 20,
  handle: async ({ definitions }, { subsystem, overlay = {}, shell_id = DEFAULT_SHELL }, call) => {
    const kind = subsystemOf(subsystem);
    const mine = new Map(pairsOf(kind, overlay ?? {}).map(({ key, value }) => [key, JSON.stringify(value)]));
    const canonical: [string, string][] = [];
    const conflicts: { key: string; overlay: string; canonical: string }[] = [];
    for await (const record of definitions.read({ kind, shellId: shell_id }, call.signal)) {
      const [stored, own] = [jsonOf(record), mine.get(record.name)];
      mine.delete(record.name);
      if (own === undefined) canonical.push([record.name, stored]);
      else if (own !== stored) conflicts.push({ key: record.name, overlay: own, canonical: stored });
    }
    return { subsystem, shell_id, only_overlay: [...mine].map(([key, value]) => [key, value]), only_canonical: canonical, conflicts };
  },
});
