import { kindOf, numberOf, placeOf } from './kinds';
import { shellOf } from './owners';
import type { DefinitionRecord, Override } from './service';

/** A record as it lies in the table. */
export interface Row {
  readonly id: number;
  readonly shell_id: string;
  readonly kind: number;
  readonly ord: number;
  readonly name: string;
  readonly value: string | null;
  readonly json: number;
  readonly value_array: string | null;
  readonly value_assoc: string | null;
  readonly attrs: number;
  readonly file: string | null;
  readonly line: number | null;
  readonly fn_chain: string | null;
  readonly history: string | null;
  readonly order_idx: number | null;
  readonly ts_ns: number | null;
  readonly set_at: number;
  readonly set_by_shell: number | null;
}

/** Most chains hold the current definition alone; it is not stored twice. */
const ONLY_CURRENT = '=';

export function recordOf(row: Row): DefinitionRecord {
  const current = { value: row.value, file: row.file, line: row.line, fn_chain: row.fn_chain };
  return {
    shellId: shellOf(row.shell_id),
    kind: kindOf(row.kind),
    name: row.name,
    value: row.value,
    json: row.json === 1,
    valueArray: parsed(row.value_array),
    valueAssoc: parsed(row.value_assoc),
    attrs: row.attrs,
    file: row.file,
    line: row.line,
    fnChain: row.fn_chain,
    history: row.history === null ? [] : row.history === ONLY_CURRENT ? [current] : (JSON.parse(row.history) as Override[]),
    orderIdx: row.order_idx,
    tsNs: row.ts_ns,
    setAt: row.set_at,
    setByShell: row.set_by_shell,
  };
}

const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));
const textOf = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** The values of an insert, in the order of the columns behind `id`. */
export const valuesOf = (record: DefinitionRecord, owner: string): (string | number | null)[] => [
  owner,
  numberOf(record.kind),
  placeOf(record.kind, record.name),
  record.name,
  record.value,
  record.json ? 1 : 0,
  textOf(record.valueArray),
  textOf(record.valueAssoc),
  record.attrs,
  record.file,
  record.line,
  record.fnChain,
  historyText(record),
  record.orderIdx,
  record.tsNs,
  record.setAt,
  record.setByShell,
];

function historyText({ history, value, file, line, fnChain }: DefinitionRecord): string | null {
  if (history.length === 0) return null;
  const [only] = history;
  const same = history.length === 1 && only!.value === value && only!.file === file && only!.line === line && only!.fn_chain === fnChain;
  return same ? ONLY_CURRENT : JSON.stringify(history);
}
