/** What a text says a message is for. Names and prefixes need the list of peers; the others are complete. */
export type Target =
  | { readonly form: 'everyone'; readonly spec: '*' | '@all' }
  | { readonly form: 'group'; readonly spec: string; readonly group: string }
  | { readonly form: 'topic_id'; readonly spec: string; readonly topic: string }
  | { readonly form: 'topic_name'; readonly spec: string; readonly topic: string }
  | { readonly form: 'key'; readonly spec: string }
  | { readonly form: 'prefix'; readonly prefix: string }
  | { readonly form: 'name'; readonly name: string };

/** The grammar of targets. `to` is trimmed; null when nothing is left or it holds a zero byte. */
export function parseTarget(to: string): Target | null {
  const text = to.trim();
  if (text === '' || text.includes('\0')) return null;
  if (text === '*' || text === '@all') return { form: 'everyone', spec: text };
  if (text.startsWith('@')) return text.length > 1 ? { form: 'group', spec: text, group: text.slice(1) } : null;
  if (/^#[0-9a-z_-]{20,}$/.test(text)) return { form: 'topic_id', spec: text, topic: text.slice(1) };
  if (text.startsWith('#')) return text.length > 1 ? { form: 'topic_name', spec: text, topic: text.slice(1) } : null;
  // One key has one spelling, so that the same request has the same fingerprint.
  if (/^[0-9a-f]{64}$/i.test(text)) return { form: 'key', spec: text.toLowerCase() };
  if (/^[0-9a-f]{16,63}$/i.test(text)) return { form: 'prefix', prefix: text.toLowerCase() };
  return { form: 'name', name: text };
}

/** Kind and reference as they enter a request's fingerprint; null for what is no target. */
export function fingerprintTarget(to: string): { readonly kind: 'topic' | 'dm'; readonly ref: string } | null {
  const target = parseTarget(to);
  if (!target) return null;
  const text = to.trim();
  switch (target.form) {
    case 'everyone':
      return { kind: 'topic', ref: text === '*' ? '*' : text.slice(1) };
    case 'group':
      return { kind: 'topic', ref: target.group };
    case 'key':
      return { kind: 'dm', ref: target.spec };
    case 'prefix':
      return { kind: 'dm', ref: target.prefix };
    default:
      return { kind: 'dm', ref: text };
  }
}
