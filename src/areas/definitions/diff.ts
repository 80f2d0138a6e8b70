import { numberOf, placeOf } from './kinds';
import type { DefinitionRecord } from './service';

export interface Difference {
  /** In a alone, in b alone, or in both and not the same. */
  readonly a: DefinitionRecord | null;
  readonly b: DefinitionRecord | null;
}

/** What two sorted sequences do not have in common, in their order; records are the same one by kind and name. */
export async function* differences(
  left: AsyncGenerator<DefinitionRecord>,
  right: AsyncGenerator<DefinitionRecord>,
  same: (a: DefinitionRecord, b: DefinitionRecord) => boolean,
): AsyncGenerator<Difference> {
  try {
    let [a, b] = [await next(left), await next(right)];
    while (a || b) {
      const order = a && b ? compare(a, b) : a ? -1 : 1;
      if (order < 0) yield { a, b: null };
      else if (order > 0) yield { a: null, b };
      else if (!same(a!, b!)) yield { a, b };
      if (order <= 0) a = await next(left);
      if (order >= 0) b = await next(right);
    }
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
}

const next = async (from: AsyncGenerator<DefinitionRecord>): Promise<DefinitionRecord | null> => {
  const { value, done } = await from.next();
  return done ? null : value;
};

/** The order in which records are listed, within one shell. */
function compare(a: DefinitionRecord, b: DefinitionRecord): number {
  if (a.kind !== b.kind) return numberOf(a.kind) - numberOf(b.kind);
  const places = placeOf(a.kind, a.name) - placeOf(b.kind, b.name);
  if (places !== 0 || a.name === b.name) return places;
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}

export const sameValue = (a: DefinitionRecord, b: DefinitionRecord): boolean =>
  a.value === b.value &&
  JSON.stringify(a.valueArray) === JSON.stringify(b.valueArray) &&
  JSON.stringify(a.valueAssoc) === JSON.stringify(b.valueAssoc);

export const sameOrigin = (a: DefinitionRecord, b: DefinitionRecord): boolean => a.file === b.file && a.line === b.line;
