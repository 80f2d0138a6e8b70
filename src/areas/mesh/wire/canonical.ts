/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them, no blanks. The value comes from
 * `JSON.parse`. Throws for a lone surrogate, which the standard has no form for.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${quoted(name)}:${canonicalJson(member)}`).join(',')}}`;
}

function quoted(text: string): string {
  if (!text.isWellFormed()) throw new Error('a string holds half a character (a lone surrogate)');
  return JSON.stringify(text);
}

/** A message's `meta` as it is signed and hashed: nothing for none, and for an empty object. */
export const canonicalMeta = (meta: Readonly<Record<string, unknown>> | null | undefined): string =>
  meta === null || meta === undefined || Object.keys(meta).length === 0 ? '' : canonicalJson(meta);
