import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MAX_GLOBS, parseGlobs, type PathMatcher } from './glob';
import { parseIgnoreFile, verdict, type IgnoreFile } from './ignore';
import { isRemote } from './remote';
import type { WatchRequest } from './service';
import type { Selection } from './tree';

const MAX_IGNORE_BYTES = 256 * 1024;

const isIgnoreFile = (path: string): boolean => path === '.gitignore' || path.endsWith('/.gitignore');

/** What a request leaves out, as one function; or what is wrong with its globs. */
export function parseFilters(request: WatchRequest): { readonly includes: PathMatcher | null; readonly excludes: PathMatcher | null } | string {
  for (const [name, globs] of [
    ['include', request.include],
    ['exclude', request.exclude],
  ] as const) {
    if (globs.length > MAX_GLOBS) return `${name}: more than ${MAX_GLOBS} globs`;
  }
  const includes = request.include.length === 0 ? null : parseGlobs(request.include);
  if (typeof includes === 'string') return `include: ${includes}`;
  const excludes = request.exclude.length === 0 ? null : parseGlobs(request.exclude);
  if (typeof excludes === 'string') return `exclude: ${excludes}`;
  return { includes, excludes };
}

/** What a tree of this request takes in, below a root. */
export function selectionOf({ recursive, gitignore, poll }: WatchRequest, root: string, excludes: PathMatcher | null): Selection {
  const rules = gitignore ? new IgnoreRules(root) : null;
  return {
    recursive,
    polls: poll === 'always' ? 'asked' : poll === 'auto' && isRemote(root) ? 'remote' : null,
    prunes: (path, dir) => (excludes?.(path) ?? false) || (rules?.ignores(path, dir) ?? false),
    changesRules: (path) => {
      if (!rules || !isIgnoreFile(path)) return false;
      rules.forget();
      return true;
    },
  };
}

/** An ignore file above the root; `prefix` leads from its folder to the root. */
interface Outer {
  readonly prefix: string;
  readonly file: IgnoreFile;
}

/** The `.gitignore` files of a tree, read as its folders are reached, and those above it up to the repository's root. */
class IgnoreRules {
  private readonly above: readonly Outer[];
  private below = new Map<string, IgnoreFile | null>();

  constructor(private readonly root: string) {
    this.above = aboveOf(root);
  }

  ignores(path: string, dir: boolean): boolean {
    if (path === '.git' || path.endsWith('/.git')) return true;
    const inside: IgnoreFile[] = [];
    for (let end = 0; end !== -1; end = path.indexOf('/', end + 1)) {
      const file = this.file(path.slice(0, end));
      if (file) inside.push(file);
    }
    let said = verdict(inside, path, dir);
    for (const { prefix, file } of this.above) said ??= verdict([file], `${prefix}${path}`, dir);
    return said === 'ignored';
  }

  private file(folder: string): IgnoreFile | null {
    let file = this.below.get(folder);
    if (file === undefined) this.below.set(folder, (file = readIgnoreFile(folder, folder === '' ? this.root : `${this.root}/${folder}`)));
    return file;
  }

  /** Reads the files again when they are asked for. */
  forget(): void {
    this.below = new Map();
  }
}

function readIgnoreFile(base: string, folder: string): IgnoreFile | null {
  try {
    const path = `${folder}/.gitignore`;
    if (statSync(path).size > MAX_IGNORE_BYTES) return null;
    return parseIgnoreFile(base, readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The ignore files of the folders above a root that lies inside a git repository, the nearest first. */
function aboveOf(root: string): Outer[] {
  if (exists(`${root}/.git`)) return [];
  const found: Outer[] = [];
  for (let folder = dirname(root); ; folder = dirname(folder)) {
    const file = readIgnoreFile('', folder);
    if (file) found.push({ prefix: `${root.slice(folder === '/' ? 1 : folder.length + 1)}/`, file });
    if (exists(`${folder}/.git`)) return found;
    if (folder === '/') return [];
  }
}

const exists = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
};
