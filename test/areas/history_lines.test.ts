import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const ns = (ms: number) => ms * 1_000_000;
const BASE = 1_700_000_000_000;
const put = (entries: object[]) => daemon.call('history_import', { entries });
const count = async (input: object = {}) => (await daemon.call('history_query', { limit: 10_000, ...input })).body.count;

test('an import is all or nothing, and can be repeated', async () => {
  const entries = Array.from({ length: 500 }, (_, n) => ({ line: `imp ${n % 100}`, ts_ns: ns(BASE + n * 1000), exit_code: n % 2 }));
  expect((await put(entries)).body).toEqual({ ok: true, imported: 500, skipped: 0, duplicates: 0, ignored: 0, total_parsed: 500, redacted: 0 });
  expect((await put(entries)).body).toMatchObject({ imported: 0, skipped: 500, duplicates: 500 });
  expect((await daemon.call('history_import', { entries: entries.slice(0, 3), dedupe: false })).body).toMatchObject({ imported: 3 });
  expect((await put([{ line: ' hidden' }, { line: 'x --password=abc' }])).body).toMatchObject({ imported: 1, skipped: 1, ignored: 1, redacted: 1 });
  const before = await count();
  const refused = await put([{ line: 'fine' }, { line: 'x'.repeat(70_000) }]);
  expect([refused.status, refused.body.code]).toEqual([413, 'too_large']);
  expect((await put([{ line: 'fine' }, { line: 5 }])).body).toMatchObject({ code: 'bad_args', path: '/entries/1/line' });
  expect(await count()).toBe(before);
  const { body } = await daemon.call('event_list', { kind: 'history', topic: 'history.imported' });
  expect(body.events[0].data).toEqual({ entries: 500 });
});

test('stats count what is there', async () => {
  await put([
    { line: 'FOO=1 git a', ts_ns: ns(BASE - 5000), cwd: '/st', sessid: 'one', exit_code: 1 },
    { line: 'git b', ts_ns: ns(BASE - 4000), cwd: '/st', sessid: 'two' },
  ]);
  const { body } = await daemon.call('history_stats', { top: 3 });
  expect(body).toMatchObject({ entries: 506, lines: 103, sessions: 2, oldest_ns: ns(BASE - 5000) });
  expect(body.failed).toBe(1 + 250 + 1);
  expect(body.top_commands).toEqual([
    { command: 'imp', count: 503 },
    { command: 'git', count: 2 },
    { command: 'x', count: 1 },
  ]);
  expect(body.top_folders).toEqual([{ cwd: '/st', count: 2 }]);
  expect(body.top_lines[0]).toMatchObject({ count: 6 });
  expect((await daemon.zd('history', 'stats', '--json')).stdout).toContain('"entries":506');
});

test('suggest gives the newest command that begins so, from this folder before any other', async () => {
  await put([
    { line: 'sug make', ts_ns: ns(BASE + 1), cwd: '/here' },
    { line: 'sug test', ts_ns: ns(BASE + 2), cwd: '/there' },
    { line: 'sug', ts_ns: ns(BASE + 3), cwd: '/here' },
  ]);
  const suggest = async (input: object) => (await daemon.call('suggest', input)).body;
  expect(await suggest({ prefix: 'sug' })).toEqual({
    ok: true,
    prefix: 'sug',
    suggestion: 'sug test',
    ts_ns: ns(BASE + 2),
    cwd: '/there',
    matched: true,
  });
  expect((await suggest({ prefix: 'sug', cwd: '/here' })).suggestion).toBe('sug make');
  expect((await suggest({ prefix: 'sug', cwd: '/elsewhere' })).suggestion).toBe('sug test');
  for (const prefix of ['', 'Sug', 'nothing so', 'sug_', '%'])
    expect(await suggest({ prefix })).toEqual({ ok: true, prefix, suggestion: null, ts_ns: null, cwd: null, matched: false });
});

test('complete offers names of commands and lines, most used of late first', async () => {
  const now = Date.now();
  await put([
    { line: 'cmp-one a', ts_ns: ns(now - 3) },
    { line: 'cmp-one b', ts_ns: ns(now - 2) },
    { line: 'cmp-one a', ts_ns: ns(now - 1) },
    { line: 'cmp-two', ts_ns: ns(now - 90 * 86_400_000) },
  ]);
  const { body } = await daemon.call('complete', { prefix: 'cmp' });
  expect(body).toEqual({
    ...{ ok: true, prefix: 'cmp', commands: ['cmp-one', 'cmp-two'], handlers: [], history: ['cmp-one a', 'cmp-one b', 'cmp-two'] },
    totals: { commands: 2, handlers: 0, history: 3 },
  });
  expect((await daemon.call('complete', { prefix: 'cmp-one ', limit: 1 })).body).toMatchObject({
    commands: [],
    history: ['cmp-one a'],
    totals: { history: 2 },
  });
  expect((await daemon.call('complete', {})).body.history).toEqual([]);
});

test('highlight answers with spans in bytes, by the path it is told', async () => {
  const { body } = await daemon.call('highlight', { line: 'ü; sh -c x', path: '/bin:/usr/bin' });
  expect(body.spans).toEqual([
    { start: 0, end: 2, kind: 'error' },
    { start: 2, end: 3, kind: 'operator' },
    { start: 4, end: 6, kind: 'command' },
    { start: 7, end: 9, kind: 'option' },
    { start: 10, end: 11, kind: 'argument' },
  ]);
  expect((await daemon.call('highlight', { line: 'sh', path: '/nowhere' })).body.spans[0].kind).toBe('error');
  expect((await daemon.call('highlight', {})).body).toEqual({ ok: true, line: '', spans: [] });
});

test('delete takes what meets every condition, and nothing without one', async () => {
  await put(Array.from({ length: 10 }, (_, n) => ({ line: `del ${n % 3}`, ts_ns: ns(BASE + 90_000_000 + n), sessid: n < 5 ? 'd1' : 'd2' })));
  const remove = async (input: object) => (await daemon.call('history_delete', input)).body;
  expect((await remove({})).code).toBe('bad_args');
  expect((await remove({ all: true, line: 'x' })).code).toBe('bad_args');
  expect(await remove({ pattern: 'del *', dry_run: true })).toEqual({ ok: true, deleted: 10, dry_run: true });
  expect(await remove({ pattern: 'del *', sessid: 'd1', after_ns: ns(BASE + 90_000_003) })).toMatchObject({ deleted: 2 });
  expect(await remove({ pattern: 'del *', duplicates: true })).toMatchObject({ deleted: 5 });
  expect(await count({ filter: 'del', mode: 'prefix' })).toBe(3);
  expect(await remove({ line: 'del 1' })).toMatchObject({ deleted: 1 });
  expect(await remove({ line: 'del 1' })).toMatchObject({ deleted: 0 });
  const { body: one } = await daemon.call('history_append', { line: 'twice' });
  expect(await remove({ ids: [one.history_id, one.history_id] })).toMatchObject({ deleted: 1 });
  expect(await remove({ ids: [999_999_999] })).toMatchObject({ deleted: 0 });
  // Neither the index nor what is held in memory knows it any more.
  for (const mode of ['match', 'like', 'fuzzy', 'exact']) expect(await count({ filter: 'del 1', mode, distinct: true, limit: 1000 })).toBe(0);
  expect(await remove({ before_ns: ns(BASE - 4000), pattern: '*git*' })).toMatchObject({ deleted: 2 });
  expect((await daemon.zd('history', 'delete', '--all', '--dry-run')).stdout.trim()).toBe(String(await count()));
});

test('what is deleted is in no page of the file', async () => {
  const word = 'xyzzyplughsecretword';
  const { body } = await daemon.call('history_append', { line: `echo ${word}` });
  await daemon.restart();
  expect(await Bun.file(`${daemon.home}/zd.db`).text()).toContain(word);
  await daemon.call('history_delete', { ids: [body.history_id] });
  expect(await daemon.stop()).toBe(0);
  expect(await Bun.file(`${daemon.home}/zd.db`).text()).not.toContain(word);
  await daemon.restart();
  expect(await count({ filter: word, mode: 'fts' })).toBe(0);
});

test('retention keeps the newest, by number and by age, and says so', async () => {
  const bounded = await startDaemon({ config: '[history]\nmax_entries = 5\nmax_age_secs = 86400\n' });
  const now = Date.now();
  const old = Array.from({ length: 3 }, (_, n) => ({ line: `old ${n}`, ts_ns: ns(now - 2 * 86_400_000 + n) }));
  const recent = Array.from({ length: 9 }, (_, n) => ({ line: `new ${n}`, ts_ns: ns(now - 60_000 + n) }));
  await bounded.call('history_import', { entries: [...old, ...recent] });
  await bounded.restart();
  const rows = await until('what is over is gone', async () => {
    const { body } = await bounded.call('history_query', {});
    return body.count <= 5 && body.rows;
  });
  expect(rows.map((row: { line: string }) => row.line)).toEqual(['new 8', 'new 7', 'new 6', 'new 5', 'new 4']);
  await until('it is told', async () => {
    const { body } = await bounded.call('event_list', { kind: 'history', topic: 'history.deleted' });
    return body.events.reduce((sum: number, event: { data: { entries: number } }) => sum + event.data.entries, 0) === 7;
  });
});
