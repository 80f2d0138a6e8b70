import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** What a run depends on, each part by a digest, so that a later miss can be explained. No value of the environment is kept in the clear. */
export interface Inputs {
  readonly argv: readonly string[];
  /** Path, size and time of the program behind argv[0]: another compiler is another result. */
  readonly program: string;
  /** Path as it was given → digest of its content; `absent` without one. */
  readonly files: Readonly<Record<string, string>>;
  /** Name → digest of its value; `unset` without one. */
  readonly env: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}

export interface Keyed {
  /** sha256 over all of it. */
  readonly key: string;
  /** sha256 over what names the task: the command and where it runs. */
  readonly task: string;
  readonly inputs: Inputs;
  /** Changes when an input file is written to; compared after the run. */
  readonly marks: string;
}

/** Grows when the meaning of an entry changes, so that no version reads another one's. */
const FORMAT = 1;
const READ_BYTES = 1 << 20;

export interface Request {
  readonly argv: readonly string[];
  readonly inputs: readonly string[];
  readonly env: readonly string[];
  readonly outputs: readonly string[];
}

export function keyOf({ argv, inputs, env, outputs }: Request, environment: Readonly<Record<string, string | undefined>>, cwd: string): Keyed {
  const found: Inputs = {
    argv,
    program: programOf(argv[0]!, environment),
    files: Object.fromEntries([...new Set(inputs)].toSorted().map((path) => [path, contentOf(path)])),
    env: Object.fromEntries(
      [...new Set(env)].toSorted().map((name) => [name, environment[name] === undefined ? 'unset' : sha256(environment[name])]),
    ),
    outputs: [...new Set(outputs)].toSorted(),
  };
  return { key: sha256(JSON.stringify([FORMAT, found])), task: sha256(JSON.stringify([FORMAT, cwd, argv])), inputs: found, marks: marksOf(inputs) };
}

/** What tells that an input was written to, without reading it. */
export const marksOf = (inputs: readonly string[]): string =>
  inputs.flatMap((path) => [...walk(path)].map(({ path: each, stats }) => `${each}\0${stats.ino}\0${stats.size}\0${stats.mtimeMs}`)).join('\n');

const sha256 = (data: string): string => new Bun.CryptoHasher('sha256').update(data).digest('hex');

function programOf(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  const path = Bun.which(name, { PATH: environment.PATH ?? '' });
  const stats = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
  return stats ? `${path}\0${stats.size}\0${stats.mtimeMs}` : 'absent';
}

/** A file's digest; a folder's is over the paths and digests of all files in it. Throws when something is there and cannot be read. */
function contentOf(path: string): string {
  const found = [...walk(path)];
  if (found.length === 0) return 'absent';
  if (found.length === 1 && found[0]!.path === path && found[0]!.stats.isFile()) return fileDigest(path, found[0]!.stats.size);
  return sha256(JSON.stringify(found.map((each) => [each.path, each.stats.isFile() ? fileDigest(each.path, each.stats.size) : 'folder'])));
}

function fileDigest(path: string, size: number): string {
  const hash = new Bun.CryptoHasher('sha256');
  if (size <= READ_BYTES) return hash.update(readFileSync(path)).digest('hex');
  const file = Bun.mmap(path, { shared: true });
  for (let at = 0; at < file.length; at += READ_BYTES) hash.update(file.subarray(at, at + READ_BYTES));
  return hash.digest('hex');
}

/** The path itself and, for a folder, everything below it, in bytewise order; symbolic links are followed. */
function* walk(path: string, seen: ReadonlySet<number> = new Set()): Generator<{ path: string; stats: Stats }> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  yield { path, stats };
  if (!stats.isDirectory() || seen.has(stats.ino)) return;
  for (const name of readdirSync(path).toSorted()) yield* walk(join(path, name), new Set(seen).add(stats.ino));
}
