import { nullable, strict, t } from '../../kernel/schema';
import { textOf, type Difference } from './compare';

export const Tag = t.String({
  minLength: 1,
  maxLength: 100,
  description: 'Letters, digits and . _ -, not beginning with a dot.',
});

export const Registry = t.Optional(
  t.String({
    minLength: 1,
    maxLength: 4096,
    description: 'An absolute folder, a file: or an https: address instead of snapshot.registry. To name one needs the scope snapshot.admin.',
  }),
);

export const PublicKey = t.String({ minLength: 64, maxLength: 64, description: 'An ed25519 public key as 64 hex digits.' });
export const Generation = t.Number({ minimum: 0, description: 'When it was saved, in nanoseconds since the Unix epoch.' });
export const Count = t.Integer({ minimum: 0 });

const Identity = { kind: t.String(), name: t.String(), shell_id: t.String() };
const Value = nullable(t.String({ description: 'A list or an association as JSON; null when it is withheld.' }));

export const DIFFERENCES = {
  added: t.Array(strict({ ...Identity, value: Value })),
  removed: t.Array(strict({ ...Identity, value: Value })),
  changed: t.Array(strict({ ...Identity, from: Value, to: Value })),
  summary: strict({ added: Count, removed: Count, changed: Count }),
  truncated: t.Boolean({ description: 'True when the lists hold less than the summary counts.' }),
};

/** Differences as lists, of all three together the first `limit` in the order of the catalogue. */
export function listed(differences: readonly Difference[], limit: number) {
  const shown = differences.slice(0, limit);
  const identity = ({ kind, name, shellId }: Difference) => ({ kind, name, shell_id: shellId });
  return {
    added: shown.flatMap((each) => (each.change === 'added' ? [{ ...identity(each), value: textOf(each.to!) }] : [])),
    removed: shown.flatMap((each) => (each.change === 'removed' ? [{ ...identity(each), value: textOf(each.from!) }] : [])),
    changed: shown.flatMap((each) => (each.change === 'changed' ? [{ ...identity(each), from: textOf(each.from!), to: textOf(each.to!) }] : [])),
    truncated: shown.length < differences.length,
  };
}
