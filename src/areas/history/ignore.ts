/** Why a line is not kept. */
export type Ignored = 'private' | 'leading_space' | 'pattern';

/**
 * Whether a whole line fits a pattern: `*` is any run of characters, `?` one character, all else itself. One place to go back to, so the time
 * is bounded by the product of both lengths, whatever the pattern.
 */
export function fits(pattern: string, line: string): boolean {
  let [p, at] = [0, 0];
  let [star, back] = [-1, 0];
  while (at < line.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      back = at;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === line[at])) {
      p++;
      at++;
    } else if (star !== -1) {
      p = star + 1;
      at = ++back;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Read anew at each use. */
export interface IgnoreRules {
  readonly paused: boolean;
  readonly leadingSpace: boolean;
  readonly patterns: readonly string[];
}

/** What keeps a line out of the history; null: it is kept. A pattern is meant for the line without blanks around it. */
export function ignoredBy(line: string, { paused, leadingSpace, patterns }: IgnoreRules): Ignored | null {
  if (paused) return 'private';
  if (leadingSpace && line.startsWith(' ')) return 'leading_space';
  const trimmed = line.trim();
  return patterns.some((pattern) => fits(pattern, trimmed)) ? 'pattern' : null;
}
