import { afterEach, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';
import { folderIn, watchIn } from '../helper/watch';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config: [
      '[http.tokens]',
      'one = { token = "one-token-0123456789", scopes = ["watch.*"] }',
      'two = { token = "two-token-0123456789", scopes = ["watch.*"] }',
      'reader = { token = "reader-token-0123456789", scopes = ["watch.read"] }',
      '[watch]',
      'max_watches = 6',
      'max_directories = 8',
      'max_entries = 200',
      'poll_ms = 100',
    ].join('\n'),
  });
});

let clients = new AbortController();
afterEach(async () => {
  clients.abort();
  clients = new AbortController();
  for (const { watch_id } of (await zd.call('watch_list')).body.subscriptions) await zd.call('watch_unsubscribe', { watch_id });
  await until('no watch is left', async () => (await zd.call('watcher_stats')).body.subscriptions === 0);
});

const signal = () => ({ signal: clients.signal });
const bearer = (token: string) => ({ authorization: `Bearer ${token}-token-0123456789` });
const as = async (token: string, op: string, input: unknown) => {
  const headers = { ...bearer(token), 'content-type': 'application/json' };
  const response = await zd.tcp(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) });
  return { status: response.status, body: (await response.json()) as any };
};
const refused = async (search: string, init: RequestInit = {}) => {
  const response = await zd.fetch(`/stream/watch?${search}`, init);
  return [response.status, ((await response.json()) as { code: string }).code];
};
const subscribe = async (path: string, rest: object = {}) => (await zd.call('watch_subscribe', { path, debounce_ms: 0, ...rest })).body;

test('a subscribed watch keeps what happened for its reader, and a reader resumes by id', async () => {
  const dir = folderIn(zd);
  const made = await subscribe(dir);
  expect(made).toMatchObject({ ok: true, path: dir, canonical_path: dir, recursive: false, state: 'watching', ref_count: 1, streams: 0 });
  writeFileSync(`${dir}/a`, '');
  const first = await watchIn(zd, { watch_id: made.watch_id }, signal());
  const a = await first.next();
  expect(a.data).toMatchObject({ watch_id: made.watch_id, kind: 'create', path: `${dir}/a` });
  clients.abort();
  clients = new AbortController();
  await until('the reader is gone', async () => (await zd.call('watch_list')).body.subscriptions[0].streams === 0);
  writeFileSync(`${dir}/b`, '');
  const second = await watchIn(zd, { watch_id: made.watch_id }, { ...signal(), headers: { 'last-event-id': a.id } });
  let next = await second.next();
  // On a busy machine the look after its creation may come as a change of `a`.
  while (next.data.path === `${dir}/a` && next.data.kind === 'modify') next = await second.next();
  expect(next.data).toMatchObject({ kind: 'create', path: `${dir}/b` });
  expect((await zd.call('watch_unsubscribe', { watch_id: made.watch_id })).body).toMatchObject({ watch_id: made.watch_id, removed: true });
  let last = await second.next();
  while (last.event === 'fs' && last.data.kind === 'modify') last = await second.next();
  expect(last).toMatchObject({ event: 'end', data: { watch_id: made.watch_id, reason: 'unsubscribed' } });
  expect(await second.events.next()).toMatchObject({ done: true });
  expect((await zd.call('watch_unsubscribe', { watch_id: made.watch_id })).body.removed).toBe(false);
});

test('an id of another life of the daemon, or one that is no longer kept, is a gap and a rescan', async () => {
  const dir = folderIn(zd);
  const { watch_id } = await subscribe(dir);
  for (const [name, value] of [
    ['watch_id', watch_id],
    ['path', dir],
  ]) {
    const stream = await watchIn(zd, { [name]: value, last_event_id: 'another-1-7' }, signal());
    expect(await stream.next()).toMatchObject({ event: 'gap', data: { requested: 'another-1-7', oldest: null, newest: null, lost: null } });
    expect(await stream.next()).toMatchObject({ event: 'rescan', data: { reason: 'gap', path: dir } });
  }
});

test('a watch nobody reads ends with its lease', async () => {
  const before = Date.now();
  const { watch_id, lease_ends_ns } = await subscribe(folderIn(zd), { lease_secs: 1 });
  expect(lease_ends_ns).toBeWithin((before + 999) * 1e6, (Date.now() + 1001) * 1e6);
  await until('the lease ran out', async () => (await zd.call('watch_list')).body.count === 0);
  expect(await refused(`watch_id=${watch_id}`)).toEqual([404, 'no_such_watch']);
});

test('a watch is its owner’s: others neither see, read nor end it', async () => {
  const dir = folderIn(zd);
  const { body } = await as('one', 'watch_subscribe', { path: dir, debounce_ms: 0 });
  expect(body.ok).toBe(true);
  expect((await as('two', 'watch_list', {})).body.count).toBe(0);
  expect((await zd.call('watch_list')).body.count).toBe(0);
  expect((await as('two', 'watch_unsubscribe', { watch_id: body.watch_id })).body.removed).toBe(false);
  expect(await refused(`watch_id=${body.watch_id}`)).toEqual([404, 'no_such_watch']);
  expect((await as('reader', 'watch_subscribe', { path: dir })).body.code).toBe('scope_denied');
  const own = await watchIn(zd, { watch_id: body.watch_id }, { ...signal(), tcp: true, headers: bearer('one') });
  const other = await watchIn(zd, { path: dir, debounce_ms: 0 }, { ...signal(), tcp: true, headers: bearer('two') });
  writeFileSync(`${dir}/a`, '');
  const [mine, theirs] = [(await own.next()).data, (await other.next()).data];
  expect(mine).toMatchObject({ watch_id: body.watch_id, path: `${dir}/a` });
  expect(theirs.watch_id).not.toBe(body.watch_id);
  expect((await as('one', 'watch_unsubscribe', { watch_id: body.watch_id })).body.removed).toBe(true);
});

test('watches of one path share the system’s, each with its own recursion and globs', async () => {
  const dir = folderIn(zd);
  mkdirSync(`${dir}/sub`);
  const flat = await watchIn(zd, { path: dir, debounce_ms: 0 }, signal());
  const deep = await watchIn(zd, { path: dir, debounce_ms: 0, recursive: true, include: ['*.ts', 'last'] }, signal());
  const { body } = await zd.call('watch_list');
  expect(body.subscriptions.map((each: any) => [each.recursive, each.ref_count])).toEqual([
    [false, 2],
    [true, 2],
  ]);
  expect(body.subscriptions[0].watch_id).toBeLessThan(body.subscriptions[1].watch_id);
  expect((await zd.call('watcher_stats')).body).toMatchObject({ subscriptions: 2, watched_path_count: 1, watched_directories: 2 });
  writeFileSync(`${dir}/sub/a.ts`, '');
  writeFileSync(`${dir}/sub/b.js`, '');
  writeFileSync(`${dir}/c.js`, '');
  writeFileSync(`${dir}/last`, '');
  expect((await flat.upTo(`create ${dir}/last`.replace(`${dir}/`, ''))).filter((each) => each.startsWith('create'))).toEqual([
    'create c.js',
    'create last',
  ]);
  expect((await deep.upTo('create last')).filter((each) => each.startsWith('create'))).toEqual(['create sub/a.ts', 'create last']);
});

test('what is excluded or ignored is neither told nor watched', async () => {
  const dir = folderIn(zd);
  for (const each of ['node_modules/x', 'dist', 'src/gen', '.git/objects']) mkdirSync(`${dir}/${each}`, { recursive: true });
  writeFileSync(`${dir}/.gitignore`, '# built\ndist/\n*.log\n!keep.log\n/src/gen\n');
  const stream = await watchIn(zd, { path: dir, recursive: true, debounce_ms: 0, gitignore: true, exclude: 'node_modules' }, signal());
  // The root and src.
  expect((await zd.call('watcher_stats')).body.watched_directories).toBe(2);
  for (const each of ['node_modules/x/a', 'dist/a', 'src/gen/a', '.git/objects/a', 'a.log', 'keep.log', 'src/a']) writeFileSync(`${dir}/${each}`, '');
  expect((await stream.upTo('create src/a')).filter((each) => each.startsWith('create'))).toEqual(['create keep.log', 'create src/a']);
  writeFileSync(`${dir}/.gitignore`, '');
  expect((await stream.upTo('rescan ignore_rules')).at(-1)).toBe('rescan ignore_rules');
  writeFileSync(`${dir}/b.log`, '');
  await stream.upTo('create b.log');
});

test('below the root of a repository its ignore files hold too', async () => {
  const repository = folderIn(zd);
  for (const each of ['.git', 'sub']) mkdirSync(`${repository}/${each}`);
  writeFileSync(`${repository}/.gitignore`, '*.log\n/sub/out\n');
  const stream = await watchIn(zd, { path: `${repository}/sub`, debounce_ms: 0, gitignore: true }, signal());
  for (const each of ['a.log', 'out', 'b']) writeFileSync(`${repository}/sub/${each}`, '');
  expect((await stream.upTo('create b')).filter((each) => each.startsWith('create'))).toEqual(['create b']);
});

test('over the limit of watched folders the rest is polled, said so, and seen all the same', async () => {
  const dir = folderIn(zd);
  for (let at = 0; at < 12; at++) mkdirSync(`${dir}/d${at}`);
  const stream = await watchIn(zd, { path: dir, recursive: true, debounce_ms: 0 }, signal());
  expect(await stream.next()).toMatchObject({ event: 'state', data: { state: 'polling', reason: 'zd_limit' } });
  expect((await zd.call('watcher_stats')).body).toMatchObject({
    watched_directories: 8,
    polled_directories: 5,
    last_error: expect.stringContaining('max_directories'),
  });
  const check = (await zd.call('doctor')).body.checks.find((each: any) => each.name === 'watcher');
  expect(check).toMatchObject({ status: 'warn', detail: expect.stringContaining('5 polled') });
  for (let at = 0; at < 12; at++) writeFileSync(`${dir}/d${at}/f`, '');
  const seen = new Set<string>();
  while (seen.size < 12) seen.add((await stream.next()).data.path);
  rmSync(`${dir}/d0`, { recursive: true });
  for (let at = 1; at < 6; at++) rmSync(`${dir}/d${at}`, { recursive: true });
  await until('what became free is used', async () => (await zd.call('watcher_stats')).body.polled_directories === 0);
  await stream.upTo('state watching');
});

test('with poll=never a limit is a failure that says so, and leaves nothing behind', async () => {
  const dir = folderIn(zd);
  for (let at = 0; at < 12; at++) mkdirSync(`${dir}/d${at}`);
  const { status, body } = await zd.call('watch_subscribe', { path: dir, recursive: true, poll: 'never' });
  expect([status, body.code, body.msg]).toEqual([503, 'watch_limit', expect.stringContaining('watch.max_directories (8)')]);
  expect(await refused(`path=${dir}&recursive=true&poll=never`)).toEqual([503, 'watch_limit']);
  expect((await zd.call('watcher_stats')).body).toMatchObject({ subscriptions: 0, watched_directories: 0, watched_path_count: 0 });
});

test('poll=always asks the system for nothing', async () => {
  const dir = folderIn(zd);
  const stream = await watchIn(zd, { path: dir, debounce_ms: 0, poll: 'always' }, signal());
  expect(await stream.next()).toMatchObject({ event: 'state', data: { state: 'polling', reason: 'asked' } });
  expect((await zd.call('watcher_stats')).body.watched_directories).toBe(0);
  writeFileSync(`${dir}/a`, '');
  expect((await stream.next()).data).toMatchObject({ kind: 'create', path: `${dir}/a` });
});

test('a tree larger than the limit is refused', async () => {
  const dir = folderIn(zd);
  for (let at = 0; at < 201; at++) writeFileSync(`${dir}/f${at}`, '');
  const { status, body } = await zd.call('watch_subscribe', { path: dir });
  expect([status, body.code, body.limit]).toEqual([413, 'too_large', 200]);
  expect(await refused(`path=${dir}`)).toEqual([413, 'too_large']);
});

test('more watches than the limit are refused with the limit', async () => {
  const dir = folderIn(zd);
  for (let at = 0; at < 6; at++) expect((await subscribe(dir)).ok).toBe(true);
  const { status, body } = await zd.call('watch_subscribe', { path: dir });
  expect([status, body.code, body.limit]).toEqual([429, 'too_many', 6]);
  expect(await refused(`path=${dir}`)).toEqual([429, 'too_many']);
});

test('paths that cannot be watched are refused', async () => {
  const dir = folderIn(zd);
  symlinkSync('loop', `${dir}/loop`);
  writeFileSync(`${dir}/file`, '');
  for (const path of [`${dir}/loop`, `${dir}/file/below`, `/${'x'.repeat(300)}`]) {
    const { status, body } = await zd.call('watch_subscribe', { path });
    expect([path.slice(0, 40), status, body.code]).toEqual([path.slice(0, 40), 409, 'watch_register']);
    expect(await refused(`path=${path}`)).toEqual([409, 'watch_register']);
  }
  for (const path of ['relative', '', './x', '~/x', '/a\0b', `/${'x/'.repeat(2100)}`])
    expect((await zd.call('watch_subscribe', { path })).body.code).toBe('bad_args');
  for (const search of [
    '',
    'path=x',
    'path=%2Ftmp%00',
    'watch_id=1&path=/tmp',
    'watch_id=1&recursive=true',
    'path=/tmp&debounce_ms=-1',
    'path=/tmp&debounce_ms=1e9',
    'path=/tmp&recursive=yes',
    'path=/tmp&patth=1',
  ])
    expect([search, ...(await refused(search))]).toEqual([search, 400, 'bad_args']);
});

test.each(['[', '{a', 'a}', 'a\\', '../x', '/', `${'{'.repeat(9)}${'}'.repeat(9)}`, 'a\nb'])(
  'the glob %p is refused with what is wrong with it',
  async (glob) => {
    for (const field of ['include', 'exclude']) {
      const { status, body } = await zd.call('watch_subscribe', { path: '/tmp', [field]: ['ok', glob] });
      expect([status, body.code, body.msg]).toEqual([400, 'bad_pattern', expect.stringContaining(field)]);
      expect(await refused(`path=/tmp&${field}=${encodeURIComponent(glob)}`)).toEqual([400, 'bad_pattern']);
    }
  },
);

test('huge patterns and too many of them are bad arguments', async () => {
  for (const include of ['x'.repeat(1025), Array.from({ length: 65 }, (_, at) => `x${at}`), [''], 7])
    expect((await zd.call('watch_subscribe', { path: '/tmp', include })).body.code).toBe('bad_args');
});
