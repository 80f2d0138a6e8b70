import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { PendingChanges, type Change, type Transition } from '../../src/areas/watch/changes';
import type { Entry } from '../../src/areas/watch/entry';

let last = 0;
const entry = (dir: boolean, given: Partial<Entry> = {}): Entry => ({
  dev: 1,
  ino: ++last,
  birth: last,
  dir,
  mode: 0,
  size: 0,
  mtime: last,
  ctime: last,
  fresh: false,
  ...given,
});

type Files = Map<string, Entry>;
type Step =
  | { readonly op: 'file' | 'folder' | 'write' | 'delete'; readonly path: string }
  | { readonly op: 'rename'; readonly path: string; readonly to: string }
  | { readonly op: 'look' }
  | { readonly op: 'take'; readonly hold: boolean };

const below = (files: Files, path: string) => [...files.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
const parent = (path: string) => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
const placeFor = (files: Files, path: string) => parent(path) === '' || files.get(parent(path))?.dir === true;

/** What the file system does, or nothing where it would refuse. */
function apply(files: Files, step: Step): void {
  if (step.op === 'look' || step.op === 'take') return;
  const known = files.get(step.path);
  if (step.op === 'delete') for (const each of below(files, step.path)) files.delete(each);
  else if (step.op === 'write' && known && !known.dir) files.set(step.path, { ...known, size: known.size + 1, mtime: ++last, ctime: last });
  else if (step.op === 'file' && !known && placeFor(files, step.path)) files.set(step.path, entry(false));
  else if (step.op === 'folder' && !known && placeFor(files, step.path)) files.set(step.path, entry(true));
  else if (step.op === 'rename') rename(files, step.path, step.to);
}

function rename(files: Files, from: string, to: string): void {
  const [source, target] = [files.get(from), files.get(to)];
  if (!source || from === to || to.startsWith(`${from}/`) || !placeFor(files, to)) return;
  if (target && (source.dir !== target.dir || below(files, to).length > 1)) return;
  const moved = below(files, from).map((path) => [to + path.slice(from.length), files.get(path)!] as const);
  for (const path of below(files, from)) files.delete(path);
  for (const [path, each] of moved) files.set(path, path === to ? { ...each, ctime: ++last } : each);
}

/** A look at everything: what went, deepest first, then what is new or changed, folders before what is in them. */
function look(seen: Files, files: Files): Transition[] {
  const same = (a: Entry | undefined, b: Entry | undefined) => a?.ino === b?.ino;
  const found: Transition[] = [];
  for (const path of [...seen.keys()].toSorted().toReversed()) {
    const orphan = parent(path) !== '' && !same(seen.get(parent(path)), files.get(parent(path)));
    if (files.has(path) && !orphan) continue;
    found.push({ path, before: seen.get(path)!, after: null });
    seen.delete(path);
  }
  for (const path of [...files.keys()].toSorted()) {
    const [before, after] = [seen.get(path) ?? null, files.get(path)!];
    if (before !== after) found.push({ path, before, after });
    seen.set(path, after);
  }
  return found;
}

/** What a client that follows the frames believes to be there. */
function follow(replica: Map<string, boolean>, change: Change): void {
  const all = (path: string) => [...replica.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
  if (change.kind === 'create') replica.set(change.path, change.is_dir);
  else if (change.kind === 'delete') for (const path of all(change.path)) replica.delete(path);
  else if (change.kind === 'modify') expect(replica.get(change.path)).toBe(change.is_dir);
  else {
    const moved = all(change.from!).map((path) => [change.path + path.slice(change.from!.length), replica.get(path)!] as const);
    for (const path of all(change.from!)) replica.delete(path);
    for (const [path, dir] of moved) replica.set(path, dir);
  }
}

const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('file', 'folder', 'write', 'delete'), path }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('rename' as const), path, to: path }) },
  { weight: 4, arbitrary: fc.constant<Step>({ op: 'look' }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('take' as const), hold: fc.boolean() }) },
);

test('whoever applies the changes, however they are cut into pieces, ends with what is there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const files: Files = new Map();
      const seen: Files = new Map();
      const replica = new Map<string, boolean>();
      const pending = new PendingChanges();
      const take = (hold: boolean) => pending.take(hold ? -1 : Infinity).forEach((change) => follow(replica, change));
      for (const each of [...steps, { op: 'look' } as const, { op: 'take', hold: false } as const]) {
        apply(files, each);
        if (each.op === 'look') look(seen, files).forEach((transition) => pending.add(transition, 0));
        if (each.op === 'take') take(each.hold);
      }
      expect([...replica].toSorted()).toEqual([...files].map(([name, { dir }]) => [name, dir] as [string, boolean]).toSorted());
      expect(pending.size).toBe(0);
    }),
    { numRuns: 5000 },
  );
});

const changesOf = (transitions: readonly Transition[]): string[] => {
  const pending = new PendingChanges();
  for (const each of transitions) pending.add(each, 0);
  return pending.take().map(({ kind, path: to, from }) => `${kind} ${from === undefined ? '' : `${from} > `}${to}`);
};

test('what is not a net change is not told', () => {
  const [a, b] = [entry(false), entry(false)];
  expect(
    changesOf([
      { path: 'a', before: null, after: a },
      { path: 'a', before: a, after: null },
    ]),
  ).toEqual([]);
  expect(changesOf([{ path: 'a', before: a, after: a }])).toEqual([]);
  expect(changesOf([{ path: 'a', before: a, after: a, touched: true }])).toEqual(['modify a']);
  expect(
    changesOf([
      { path: 'a', before: a, after: null },
      { path: 'a', before: null, after: b },
    ]),
  ).toEqual(['modify a']);
});

test('a renamed file that was also written is both', () => {
  const a = entry(false);
  expect(
    changesOf([
      { path: 'a', before: a, after: null },
      { path: 'b', before: null, after: { ...a, size: 9 } },
    ]),
  ).toEqual(['rename a > b', 'modify b']);
});

test('a file becomes a folder: the one went, the other came', () => {
  expect(changesOf([{ path: 'a', before: entry(false), after: entry(true) }])).toEqual(['delete a', 'create a']);
});
