import { afterEach, beforeAll, expect, test } from 'bun:test';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';
import { folderIn, watchIn } from '../helper/watch';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon();
});

let clients = new AbortController();
afterEach(async () => {
  clients.abort();
  clients = new AbortController();
  await until('the watches went with their streams', async () => (await zd.call('watcher_stats')).body.subscriptions === 0);
});

const watch = (path: string, query: Parameters<typeof watchIn>[1] = {}) => watchIn(zd, { path, ...query }, { signal: clients.signal });
/** Settles everything of one step into one look. */
const settled = { recursive: true, debounce_ms: 120 };
/** What is changed in several steps, even if it is only to make a file and to write it, comes to zd in one: it stands still until all is done. */
function atOnce(change: () => void): void {
  process.kill(zd.pid, 'SIGSTOP');
  try {
    change();
  } finally {
    process.kill(zd.pid, 'SIGCONT');
  }
}

test('a frame says what happened to which path, when, and to which watch', async () => {
  const dir = folderIn(zd);
  const stream = await watch(dir, { debounce_ms: 0 });
  const before = Date.now();
  writeFileSync(`${dir}/a`, '');
  const { id, event, data } = await stream.next();
  expect({ event, data }).toEqual({
    event: 'fs',
    data: { watch_id: expect.any(Number), kind: 'create', path: `${dir}/a`, is_dir: false, ts_ns: expect.any(Number) },
  });
  expect(data.ts_ns).toBeGreaterThanOrEqual(before * 1e6);
  expect(id).not.toBe('');
  mkdirSync(`${dir}/sub`);
  let folder = await stream.next();
  // The system may tell of the file once more: making it and writing it are two things.
  while (folder.data.path === `${dir}/a`) folder = await stream.next();
  expect(folder.data).toMatchObject({ kind: 'create', path: `${dir}/sub`, is_dir: true });
});

test('create, modify, rename with both names, and delete', async () => {
  const dir = folderIn(zd);
  const stream = await watch(dir, settled);
  atOnce(() => writeFileSync(`${dir}/a`, '1'));
  expect(await stream.upTo('create a')).toEqual(['create a']);
  appendFileSync(`${dir}/a`, '2');
  expect(await stream.upTo('modify a')).toEqual(['modify a']);
  chmodSync(`${dir}/a`, 0o600);
  expect(await stream.upTo('modify a')).toEqual(['modify a']);
  renameSync(`${dir}/a`, `${dir}/b`);
  expect(await stream.upTo('rename a → b')).toEqual(['rename a → b']);
  rmSync(`${dir}/b`);
  expect(await stream.upTo('delete b')).toEqual(['delete b']);
});

test('without a debounce a rename is still one frame, and a delete comes by itself', async () => {
  const dir = folderIn(zd);
  mkdirSync(`${dir}/one`);
  mkdirSync(`${dir}/two`);
  writeFileSync(`${dir}/one/a`, '1');
  const stream = await watch(dir, { recursive: true, debounce_ms: 0 });
  renameSync(`${dir}/one/a`, `${dir}/two/b`);
  expect(await stream.upTo('rename one/a → two/b')).toEqual(['rename one/a → two/b']);
  rmSync(`${dir}/two/b`);
  expect(await stream.upTo('delete two/b')).toEqual(['delete two/b']);
});

test('editors that save by rename, with or without a backup, modify the file', async () => {
  const dir = folderIn(zd);
  writeFileSync(`${dir}/file`, 'old');
  const stream = await watch(dir, settled);
  atOnce(() => {
    writeFileSync(`${dir}/.file.swp`, 'new');
    renameSync(`${dir}/.file.swp`, `${dir}/file`);
  });
  expect(await stream.upTo('modify file')).toEqual(['modify file']);
  atOnce(() => {
    renameSync(`${dir}/file`, `${dir}/file~`);
    writeFileSync(`${dir}/file`, 'newer');
    rmSync(`${dir}/file~`);
  });
  expect(await stream.upTo('modify file')).toEqual(['modify file']);
});

test('a file that takes over a freed inode number is not taken for a renamed one', async () => {
  const dir = folderIn(zd);
  writeFileSync(`${dir}/old`, '1');
  const stream = await watch(dir, settled);
  atOnce(() => {
    rmSync(`${dir}/old`);
    writeFileSync(`${dir}/new`, '1');
  });
  expect(await stream.upTo('delete old')).toEqual(['create new', 'delete old']);
});

test('folders that are made, moved in, renamed and moved out are followed with everything in them', async () => {
  const dir = folderIn(zd);
  const outside = folderIn(zd);
  mkdirSync(`${outside}/x/y`, { recursive: true });
  writeFileSync(`${outside}/x/y/z`, '1');
  const stream = await watch(dir, settled);
  atOnce(() => {
    mkdirSync(`${dir}/d/e`, { recursive: true });
    writeFileSync(`${dir}/d/e/f`, '1');
  });
  expect(await stream.upTo('create d/e/f')).toEqual(['create d', 'create d/e', 'create d/e/f']);
  renameSync(`${outside}/x`, `${dir}/x`);
  expect(await stream.upTo('create x/y/z')).toEqual(['create x', 'create x/y', 'create x/y/z']);
  renameSync(`${dir}/x`, `${dir}/x2`);
  expect(await stream.upTo('rename x → x2')).toEqual(['rename x → x2']);
  appendFileSync(`${dir}/x2/y/z`, '2');
  expect(await stream.upTo('modify x2/y/z')).toEqual(['modify x2/y/z']);
  renameSync(`${dir}/x2`, `${outside}/x2`);
  expect(await stream.upTo('delete x2')).toEqual(['delete x2/y/z', 'delete x2/y', 'delete x2']);
  appendFileSync(`${outside}/x2/y/z`, '3');
  atOnce(() => rmSync(`${dir}/d`, { recursive: true }));
  expect(await stream.upTo('delete d')).toEqual(['delete d/e/f', 'delete d/e', 'delete d']);
});

test('links are not followed, so a circle of them is no danger', async () => {
  const dir = folderIn(zd);
  mkdirSync(`${dir}/d`);
  symlinkSync('..', `${dir}/d/up`);
  const stream = await watch(dir, settled);
  symlinkSync('.', `${dir}/self`);
  expect(await stream.upTo('create self')).toEqual(['create self']);
  atOnce(() => writeFileSync(`${dir}/d/f`, ''));
  expect(await stream.upTo('create d/f')).toEqual(['create d/f']);
});

test('a path is told as it was asked for, also through a link', async () => {
  const dir = folderIn(zd);
  symlinkSync(dir, `${dir}-link`);
  const stream = await watch(`${dir}-link/`, { debounce_ms: 0 });
  writeFileSync(`${dir}/a`, '');
  expect((await stream.next()).data.path).toBe(`${dir}-link/a`);
});

test('a root that is deleted and comes back is watched again', async () => {
  const dir = folderIn(zd);
  writeFileSync(`${dir}/a`, '');
  const stream = await watch(dir, settled);
  atOnce(() => rmSync(dir, { recursive: true }));
  expect(await stream.upTo('state waiting')).toEqual(['delete a', 'delete .', 'state waiting']);
  mkdirSync(dir);
  expect((await stream.upTo('create .')).at(-1)).toBe('create .');
  writeFileSync(`${dir}/b`, '');
  await stream.upTo('create b');
});

test('a root that another folder replaces is watched in its new shape', async () => {
  const dir = folderIn(zd);
  writeFileSync(`${dir}/a`, '');
  const stream = await watch(dir, settled);
  atOnce(() => {
    renameSync(dir, `${dir}-old`);
    mkdirSync(dir);
    writeFileSync(`${dir}/b`, '');
  });
  await stream.upTo('create b');
  writeFileSync(`${dir}-old/c`, '');
  writeFileSync(`${dir}/d`, '');
  expect(await stream.upTo('create d')).not.toContain('create c');
});

test('a folder above the root may be renamed', async () => {
  const dir = folderIn(zd);
  mkdirSync(`${dir}/a/b`, { recursive: true });
  const stream = await watch(`${dir}/a/b`, settled);
  renameSync(`${dir}/a`, `${dir}/z`);
  await stream.upTo('state waiting');
  mkdirSync(`${dir}/a/b`, { recursive: true });
  writeFileSync(`${dir}/a/b/f`, '');
  await stream.upTo('create f');
});

test('a path that does not exist yet is waited for, however deep', async () => {
  const dir = folderIn(zd);
  const stream = await watch(`${dir}/x/y/z`, { debounce_ms: 0, recursive: true });
  expect(await stream.next()).toMatchObject({ event: 'state', data: { state: 'waiting', path: `${dir}/x/y/z` } });
  mkdirSync(`${dir}/x/y/z/deep`, { recursive: true });
  writeFileSync(`${dir}/x/y/z/deep/f`, '');
  expect(await stream.upTo('create deep/f')).toContain('create .');
});

test('a single file: written, replaced, deleted, back; its neighbours are not told', async () => {
  const dir = folderIn(zd);
  writeFileSync(`${dir}/f`, '1');
  const stream = await watch(`${dir}/f`, { debounce_ms: 120 });
  atOnce(() => {
    writeFileSync(`${dir}/other`, '1');
    appendFileSync(`${dir}/f`, '2');
  });
  expect(await stream.upTo('modify .')).toEqual(['modify .']);
  atOnce(() => {
    writeFileSync(`${dir}/t`, '3');
    renameSync(`${dir}/t`, `${dir}/f`);
  });
  expect(await stream.upTo('modify .')).toEqual(['modify .']);
  rmSync(`${dir}/f`);
  expect(await stream.upTo('state waiting')).toEqual(['delete .', 'state waiting']);
  writeFileSync(`${dir}/f`, '4');
  await stream.upTo('create .');
});

test('ten thousand files at once: each is told, or it is said that not all are', async () => {
  const dir = folderIn(zd);
  const stream = await watch(dir, { debounce_ms: 0 });
  const names = new Set(Array.from({ length: 10_000 }, (_, at) => `f${at}`));
  for (const name of names) writeFileSync(`${dir}/${name}`, '');
  let rescan = false;
  while (names.size > 0 && !rescan) {
    const { event, data } = await stream.next();
    rescan = event === 'rescan';
    if (data.kind === 'create') names.delete(data.path.slice(dir.length + 1));
  }
  expect(names.size === 0 || rescan).toBe(true);
});

test('what the system dropped is said, and the watch goes on', async () => {
  const dir = folderIn(zd);
  const stream = await watch(dir, { debounce_ms: 0 });
  atOnce(() => {
    const queue = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
    for (let at = 0; at < queue + 1000; at++) writeFileSync(`${dir}/f${at}`, '');
  });
  await stream.upTo('rescan overflow');
  writeFileSync(`${dir}/last`, '');
  await stream.upTo('create last');
  expect((await zd.call('watcher_stats')).body.overflows).toBeGreaterThan(0);
});
