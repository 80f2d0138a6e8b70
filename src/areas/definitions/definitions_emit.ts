import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { checkTexts } from './bundle';
import { redacted } from './observation';
import { Attrs, DefinitionName, File, FnChain, KindName, Line, ShellId, ValueArray, ValueAssoc } from './schema';
import './service';

export const definitionsEmit = defineOp({
  name: 'definitions_emit',
  summary: 'Store one definition, or remove one.',
  description: [
    'It takes the words of recorders too: `export` is `env`, `assign` and `typeset` are `params` and `params_typed`, `unalias` and `unset` remove.',
    'The same record again changes nothing but its time, and its history is emptied. An entry of a list goes to the end of it unless it is there.',
    'Above about a thousand records use recorder_ingest.',
  ].join('\n'),
  scope: 'defs.write',
  effect: 'write',
  input: strict({
    shell_id: ShellId,
    kind: KindName,
    name: DefinitionName,
    value: t.Optional(t.String({ default: '' })),
    file: t.Optional(File),
    line: t.Optional(Line),
    fn_chain: t.Optional(FnChain),
    attrs: t.Optional(Attrs),
    value_array: t.Optional(ValueArray),
    value_assoc: t.Optional(ValueAssoc),
    redact: t.Optional(t.Boolean({ description: 'Withhold the value if it looks like a secret.' })),
  }),
  output: strict({
    kind: t.String(),
    name: t.String(),
    shell_id: t.String(),
    wrote_rows: t.Integer({ minimum: 0 }),
    removed_rows: t.Integer({ minimum: 0 }),
    file: nullable(t.String()),
    line: nullable(t.Integer()),
    fn_chain: nullable(t.String()),
    redacted: t.Boolean(),
  }),
  errors: ['no_such_kind', 'too_large', 'quota_exceeded'],
  cli: { path: ['definitions', 'emit'], positional: ['shell_id', 'kind', 'name', 'value'], essential: 'wrote_rows' },
  example: { shell_id: 'zsh', kind: 'alias', name: 'gst', value: 'git status', file: '/home/me/.zshrc', line: 12 },
  maxBody: 16 << 20,
  handle: async ({ definitions }, { shell_id, redact, ...seen }) => {
    checkTexts(seen, definitions.limits().maxValueBytes, '');
    const safe = redact ? redacted(seen) : seen;
    const { kind, wrote, removed } = await definitions.emitter.emit(shell_id, safe);
    const { name, file = null, line = null, fn_chain = null } = seen;
    return { kind, name, shell_id, wrote_rows: wrote, removed_rows: removed, file, line, fn_chain, redacted: safe !== seen };
  },
});
