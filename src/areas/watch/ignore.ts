/** One line of a `.gitignore` (gitignore(5)). */
interface Rule {
  readonly glob: Bun.Glob;
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** Matches the path from the file's folder instead of the name alone. */
  readonly anchored: boolean;
}

/** The rules of one ignore file; `base` is its folder relative to the watched root, with `..` never in it. */
export interface IgnoreFile {
  readonly base: string;
  readonly rules: readonly Rule[];
}

const MAX_RULES = 10_000;

export function parseIgnoreFile(base: string, text: string): IgnoreFile {
  const rules: Rule[] = [];
  for (const line of text.split(/\r?\n/)) {
    const rule = rules.length < MAX_RULES ? ruleOf(line) : null;
    if (rule) rules.push(rule);
  }
  return { base, rules };
}

function ruleOf(line: string): Rule | null {
  // Trailing blanks do not count unless a backslash keeps them.
  let pattern = line.replace(/(?<!\\)[ \t]+$/, '');
  if (pattern === '' || pattern.startsWith('#')) return null;
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  pattern = pattern.replace(/\/+$/, '');
  const anchored = pattern.includes('/');
  pattern = pattern.replace(/^\/+/, '');
  if (pattern === '') return null;
  // Braces are plain characters to git, and `!` at the start was taken off already.
  const glob = pattern.replace(/(?<!\\)[{}]/g, '\\$&').replace(/^!/, '\\!');
  return { glob: new Bun.Glob(glob), negated, foldersOnly, anchored };
}

/**
 * What ignore files say of a path; null when no rule is about it. The last matching rule decides, files further down come later. An
 * ignored folder takes in everything below it, so the caller asks for folders first and does not descend. `files` in order of depth.
 */
export function verdict(files: readonly IgnoreFile[], path: string, dir: boolean): 'ignored' | 'kept' | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (let at = files.length - 1; at >= 0; at--) {
    const { base, rules } = files[at]!;
    if (base !== '' && !path.startsWith(`${base}/`)) continue;
    const below = base === '' ? path : path.slice(base.length + 1);
    const rule = rules.findLast((each) => (dir || !each.foldersOnly) && each.glob.match(each.anchored ? below : name));
    if (rule) return rule.negated ? 'kept' : 'ignored';
  }
  return null;
}
