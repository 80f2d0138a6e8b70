import { ZdError } from '../../kernel/error';
import type { Item } from './item';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** The beginning of a range in milliseconds; undefined without one, `bad_filter` for what is none. */
export function sinceOf(range: string | undefined, now: number): number | undefined {
  if (range === undefined) return undefined;
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(range) ?? [];
  if (count === undefined) throw new ZdError('bad_filter', `"${range.slice(0, 40)}" is no range; write 90s, 5m, 2h, 7d or 4w.`, { path: '/range' });
  return now - Number(count) * UNITS[unit!]! * 1000;
}

/** The rows of this very name, or whose names match a pattern (`*`, `?`, `[abc]`). */
export function matching(items: readonly Item[], name: string | undefined, pattern: string | undefined): Item[] {
  const named = name === undefined ? items : items.filter(({ key }) => key === name);
  if (pattern === undefined) return [...named];
  // A slash is a character of a name like any other, which the star of a path does not pass.
  const flat = (text: string): string => text.replaceAll('/', '\u0001');
  const glob = new Bun.Glob(flat(pattern.replace(/[\\{}!]/g, '\\$&')));
  return named.filter(({ key }) => key === pattern || glob.match(flat(key)));
}
