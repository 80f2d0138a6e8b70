import { beforeAll, expect, test } from 'bun:test';
import { appendFileSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { folderIn, watchIn } from '../helper/watch';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon();
});

/** A generator with a seed, so that a failure can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ['a', 'b', 'c', 'd'];

/** One change of the tree, as programs make them; what the system refuses is no change. */
function change(root: string, pick: (below: number) => number): void {
  const path = () => `${root}/${Array.from({ length: 1 + pick(3) }, () => NAMES[pick(NAMES.length)]).join('/')}`;
  try {
    const [one, other] = [path(), path()];
    switch (pick(6)) {
      case 0:
        return void mkdirSync(one, { recursive: true });
      case 1:
        return writeFileSync(one, 'x');
      case 2:
        return appendFileSync(one, 'y');
      case 3:
        return rmSync(one, { recursive: true });
      default:
        return renameSync(one, other);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

const contents = (root: string, below = ''): string[] =>
  readdirSync(`${root}/${below}`).flatMap((name) => {
    const path = below === '' ? name : `${below}/${name}`;
    return lstatSync(`${root}/${path}`).isDirectory() ? [`${path}/`, ...contents(root, path)] : [path];
  });

test.each([
  [1, 0],
  [2, 0],
  [3, 20],
  [4, 20],
])('whoever follows the frames of a tree in turmoil ends with what is there (seed %p, debounce %p ms)', async (seed, debounce_ms) => {
  const root = folderIn(zd);
  const pick = random(seed);
  const stream = await watchIn(zd, { path: root, recursive: true, debounce_ms });
  for (let at = 0; at < 600; at++) {
    change(root, pick);
    // Let the daemon look in the middle of it now and then.
    if (pick(20) === 0) await Bun.sleep(pick(12));
  }
  writeFileSync(`${root}/zz-end`, '');
  const replica = new Map<string, boolean>();
  const below = (path: string) => [...replica.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
  const short = (path: string) => path.slice(root.length + 1);
  const followOne = async () => {
    const { event, data } = await stream.next();
    expect(event).toBe('fs');
    const path = short(data.path);
    if (data.kind === 'create') replica.set(path, data.is_dir);
    else if (data.kind === 'delete') for (const each of below(path)) replica.delete(each);
    else if (data.kind === 'rename') {
      const from = short(data.from);
      const moved = below(from).map((each) => [path + each.slice(from.length), replica.get(each)!] as const);
      for (const each of below(from)) replica.delete(each);
      for (const [each, dir] of moved) replica.set(each, dir);
    }
  };
  const believed = () => [...replica].map(([path, dir]) => (dir ? `${path}/` : path)).toSorted();
  const real = contents(root).toSorted();
  // The end of the turmoil may come before the last of it: deletes wait a moment for the other half of a rename.
  while (!replica.has('zz-end') || believed().join() !== real.join()) await followOne();
  expect(believed()).toEqual(real);
});
