import type { DefinitionRecord, Kind } from '../definitions/service';
import { sha256 } from './digest';

/** Characters of a value that a difference shows. */
const SHOWN = 200;
const STRIDE = 2000;

/** One definition of one side, as it is compared. */
interface Side {
  readonly record: DefinitionRecord;
  /** What it stands for, and nothing of where it was said. */
  readonly content: string;
}

export interface Difference {
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: Kind;
  readonly name: string;
  readonly shellId: string;
  readonly from: DefinitionRecord | null;
  readonly to: DefinitionRecord | null;
}

export interface Comparison {
  /** In the order of the catalogue: kind, place in a list, name, shell. */
  readonly differences: readonly Difference[];
  readonly rowsBefore: number;
  readonly rowsAfter: number;
}

/** The order of the catalogue. */
export interface Order {
  readonly numberOf: (kind: Kind) => number;
  readonly placeOf: (kind: Kind, name: string) => number;
}

/** What became of each definition; `attribution` also looks at file and line. Gives way to other work while it compares. */
export async function compare(
  before: Iterable<DefinitionRecord>,
  after: Iterable<DefinitionRecord>,
  order: Order,
  attribution: boolean,
): Promise<Comparison> {
  const left = new Map<string, Side>();
  for (const record of before) {
    left.set(identity(record), { record, content: contentOf(record, attribution) });
    if (left.size % STRIDE === 0) await new Promise(setImmediate);
  }
  const rowsBefore = left.size;
  const differences: Difference[] = [];
  const told = (change: Difference['change'], from: DefinitionRecord | null, to: DefinitionRecord | null) => {
    const { kind, name, shellId } = (to ?? from)!;
    differences.push({ change, kind, name, shellId, from, to });
  };
  let rowsAfter = 0;
  for (const record of after) {
    const key = identity(record);
    const side = left.get(key);
    left.delete(key);
    if (!side) told('added', null, record);
    else if (side.content !== contentOf(record, attribution)) told('changed', side.record, record);
    if (++rowsAfter % STRIDE === 0) await new Promise(setImmediate);
  }
  for (const { record } of left.values()) told('removed', record, null);
  return { differences: differences.toSorted(inOrder(order)), rowsBefore, rowsAfter };
}

export const countOf = (differences: Comparison['differences']) => ({
  added: differences.filter(({ change }) => change === 'added').length,
  removed: differences.filter(({ change }) => change === 'removed').length,
  changed: differences.filter(({ change }) => change === 'changed').length,
});

const inOrder =
  ({ numberOf, placeOf }: Order) =>
  (a: Difference, b: Difference): number =>
    numberOf(a.kind) - numberOf(b.kind) ||
    placeOf(a.kind, a.name) - placeOf(b.kind, b.name) ||
    bytewise(a.name, b.name) ||
    bytewise(a.shellId, b.shellId);

const bytewise = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));

const identity = ({ kind, name, shellId }: DefinitionRecord): string => `${kind}\0${shellId}\0${name}`;

const contentOf = ({ value, json, valueArray, valueAssoc, attrs, file, line, fnChain }: DefinitionRecord, attribution: boolean): string =>
  JSON.stringify([value, json, valueArray, valueAssoc, attrs, ...(attribution ? [file, line, fnChain] : [])]);

/** A definition's value as one text: that of a list or an association as JSON. Null when it is withheld. */
export const textOf = ({ value, valueArray, valueAssoc }: DefinitionRecord): string | null =>
  valueAssoc ? JSON.stringify(valueAssoc) : valueArray ? JSON.stringify(valueArray) : value;

/** What a bisection shows of one side. */
export function fingerprint(record: DefinitionRecord | null): { sha256: string; bytes: number; value: string } | null {
  if (!record) return null;
  const text = Buffer.from(textOf(record) ?? '');
  return { sha256: sha256(text), bytes: text.length, value: text.toString().slice(0, SHOWN) };
}
