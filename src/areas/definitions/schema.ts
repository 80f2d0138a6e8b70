import { nanos } from '../../kernel/clock';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import type { Kind } from './kinds';
import type { DefinitionRecord } from './service';

/** The shell whose records are meant where none is named. */
export const DEFAULT_SHELL = 'zshrs';

export const ShellId = t.String({
  minLength: 1,
  maxLength: 32,
  pattern: '^[a-z0-9](?:[a-z0-9_:-]*[a-z0-9])?$',
  description: 'bash, zsh, fish, or VENDOR:TOOL such as editor:helix; lower case.',
});

export const KindName = t.String({ minLength: 1, maxLength: 64, description: 'One of `all_known` of definitions_kinds.' });
/** No NUL: no shell can have one in a name. */
export const DefinitionName = t.String({ minLength: 1, maxLength: 8192, pattern: '^[^\\u0000]+$' });
export const File = t.String({ minLength: 1, maxLength: 4096 });
export const Line = t.Integer({ minimum: 0, maximum: 4_294_967_295 });
export const FnChain = t.String({ minLength: 1, maxLength: 8192, description: 'Outermost function first, joined by ` > `.' });
export const Attrs = t.Integer({ minimum: 0, maximum: 65_535, description: 'Bits, see surface of the recorder protocol; 0x800 hides the value.' });
export const ValueArray = t.Array(t.String(), { maxItems: 100_000 });
export const ValueAssoc = t.Array(t.Tuple([t.String(), t.String()]), { maxItems: 100_000 });

/** One record as the wire has it. */
export const RecordObject = strict({
  kind: t.String(),
  name: t.String(),
  value: nullable(t.String({ description: 'Null when it was withheld.' })),
  value_array: nullable(t.Array(t.String())),
  value_assoc: nullable(t.Array(t.Array(t.String()))),
  attrs: t.Integer(),
  set_at_ns: Nanos,
  set_by_shell: nullable(t.Integer()),
  shell_id: t.String(),
  file: nullable(t.String()),
  line: nullable(t.Integer()),
  fn_chain: nullable(t.String()),
  order_idx: nullable(t.Integer()),
  ts_ns: nullable(t.Integer()),
  history: t.Array(strict({ value: nullable(t.String()), file: nullable(t.String()), line: nullable(t.Integer()), fn_chain: nullable(t.String()) }), {
    description: 'Every definition of the name in the order of capture, the last one is current. Empty for what was emitted alone.',
  }),
});

export const wireRecord = (record: DefinitionRecord) => ({
  kind: record.kind as Kind,
  name: record.name,
  value: record.value,
  value_array: record.valueArray as string[] | null,
  value_assoc: record.valueAssoc as string[][] | null,
  attrs: record.attrs,
  set_at_ns: nanos(record.setAt),
  set_by_shell: record.setByShell,
  shell_id: record.shellId,
  file: record.file,
  line: record.line,
  fn_chain: record.fnChain,
  order_idx: record.orderIdx,
  ts_ns: record.tsNs,
  history: record.history as { value: string | null; file: string | null; line: number | null; fn_chain: string | null }[],
});
