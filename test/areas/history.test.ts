import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[history]\nignore = ["pass *", "* --dry-run"]\nmax_line_bytes = 2000\n' });
});

const BASE = 1_700_000_000_000;
const ns = (ms: number) => ms * 1_000_000;
const append = async (line: string, more: object = {}) => (await daemon.call('history_append', { line, ...more })).body;
const lines = async (input: object): Promise<string[]> =>
  (await daemon.call('history_query', input)).body.rows.map((row: { line: string }) => row.line);

test('an entry comes back as it was kept, with ids from 1 that are never given again', async () => {
  const entry = { line: 'make all', ts_ns: ns(BASE), exit_code: 2, cwd: '/src', duration_ns: ns(1500), sessid: 's1', hostname: 'box', shell_id: 7 };
  const { history_id: id, ...rest } = await append(entry.line, entry);
  expect(id).toBeGreaterThan(0);
  expect(rest).toEqual({ ok: true, recorded: true, ignored: null, redacted: 0 });
  const { body } = await daemon.call('history_query', { filter: 'make all', mode: 'exact' });
  expect(body.rows).toEqual([{ id, ...entry, uses: 1, score: null, positions: null }]);
  expect((await daemon.call('history_delete', { ids: [id] })).body).toMatchObject({ deleted: 1 });
  expect((await append('make again')).history_id).toBeGreaterThan(id);
});

test('what was typed is text in every mode but fts', async () => {
  const odd = ['git-lfs pull', `echo "it's" 'done'`, 'ls *.ts', 'a AND NOT b', 'col:umn', '100% sure_thing', 'tail -f ^x'];
  for (const [at, line] of odd.entries()) await append(line, { ts_ns: ns(BASE + 10_000 + at) });
  for (const line of odd)
    for (const mode of ['match', 'like', 'prefix', 'exact', 'fuzzy']) expect(await lines({ filter: line, mode })).toContain(line);
  expect(await lines({ filter: '*' })).toEqual(['ls *.ts']);
  expect(await lines({ filter: '"' })).toEqual([odd[1]!]);
  expect(await lines({ filter: 'git-lfs' })).toEqual(['git-lfs pull']);
  expect(await lines({ filter: '%', mode: 'like' })).toEqual(['100% sure_thing']);
  expect(await lines({ filter: '_', mode: 'prefix' })).toEqual([]);
});

test('an expression of one’s own is for mode fts, and a broken one is the caller’s fault', async () => {
  await append('alpha beta', { ts_ns: ns(BASE + 20_000) });
  await append('alpha gamma', { ts_ns: ns(BASE + 20_001) });
  expect(await lines({ filter: 'alpha NOT beta', mode: 'fts' })).toEqual(['alpha gamma']);
  expect(await lines({ filter: 'gam*', mode: 'fts' })).toEqual(['alpha gamma']);
  for (const filter of ['"', 'AND', 'nosuchcolumn: x', 'a NEAR(']) {
    const { status, body } = await daemon.call('history_query', { filter, mode: 'fts' });
    expect({ status, code: body.code, path: body.path }).toEqual({ status: 400, code: 'bad_query', path: '/filter' });
  }
  expect((await daemon.call('history_query', { mode: 'regex' })).body.code).toBe('bad_args');
});

test('case: words and letters in order ignore it, the other modes when asked', async () => {
  await append('Docker Compose UP', { ts_ns: ns(BASE + 30_000) });
  expect(await lines({ filter: 'docker compose' })).toEqual(['Docker Compose UP']);
  expect(await lines({ filter: 'dcup', mode: 'fuzzy' })).toEqual(['Docker Compose UP']);
  expect(await lines({ filter: 'docker comp', mode: 'prefix' })).toEqual([]);
  for (const mode of ['like', 'prefix']) expect(await lines({ filter: 'docker comp', mode, ignore_case: true })).toEqual(['Docker Compose UP']);
  expect(await lines({ filter: 'docker compose up', mode: 'exact', ignore_case: true })).toEqual(['Docker Compose UP']);
});

test('conditions on folder, exit code, host, session, shell and time hold together', async () => {
  const at = BASE + 40_000;
  const put = (n: number, more: object) => append(`cond ${n}`, { ts_ns: ns(at + n), ...more });
  await put(1, { cwd: '/w/a', exit_code: 0, hostname: 'h1', sessid: 'x', shell_id: 1 });
  await put(2, { cwd: '/w/a/b', exit_code: 1, hostname: 'h1', sessid: 'x', shell_id: 2 });
  await put(3, { cwd: '/w/ab', exit_code: 130, hostname: 'h2', sessid: 'y', shell_id: 1 });
  await put(4, {});
  const found = async (input: object) => (await lines({ filter: 'cond', ...input })).map((line) => Number(line.slice(5)));
  for (const mode of ['match', 'like', 'prefix', 'fuzzy']) {
    const order = mode === 'fuzzy' ? { order: 'time' } : {};
    const each = (input: object) => found({ mode, ...order, ...input });
    expect(await each({})).toEqual([4, 3, 2, 1]);
    expect(await each({ cwd: '/w/a' })).toEqual([1]);
    expect(await each({ under: '/w/a' })).toEqual([2, 1]);
    expect(await each({ under: '/' })).toEqual([3, 2, 1]);
    expect(await each({ exit_code: 130 })).toEqual([3]);
    expect(await each({ failed: true })).toEqual([3, 2]);
    expect(await each({ failed: false })).toEqual([1]);
    expect(await each({ hostname: 'h1' })).toEqual([2, 1]);
    expect(await each({ sessid: 'x', shell_id: 1 })).toEqual([1]);
    expect(await each({ after_ns: ns(at + 2), before_ns: ns(at + 3) })).toEqual([3, 2]);
    expect(await each({ descending: false, limit: 2 })).toEqual([1, 2]);
  }
});

test('pages meet without a gap or a double, also of lines that were used often', async () => {
  for (let n = 0; n < 30; n++) await append(`page ${n % 4}`, { ts_ns: ns(BASE + 50_000 + n), sessid: 'pages' });
  for (const query of [{ filter: 'page' }, { filter: 'page', mode: 'like' }, { sessid: 'pages' }, { filter: 'page 2', mode: 'exact' }]) {
    for (const distinct of [false, true]) {
      for (const descending of [true, false]) {
        const whole = (await daemon.call('history_query', { ...query, distinct, descending, limit: 1000 })).body.rows;
        const pages: object[] = [];
        for (let cursor: string | null | undefined; cursor !== null;) {
          const { body } = await daemon.call('history_query', { ...query, distinct, descending, limit: 3, ...(cursor ? { cursor } : {}) });
          expect(body.count).toBe(body.rows.length);
          pages.push(...body.rows);
          cursor = body.next_cursor;
        }
        expect(pages).toEqual(whole);
        expect(new Set(whole.map((row: { line: string }) => row.line)).size === whole.length).toBe(
          distinct || query.mode === 'exact' ? distinct : false,
        );
      }
    }
  }
});

test('frecency prefers what is used often and lately', async () => {
  const now = Date.now();
  for (const [line, days] of [
    ['freq often', 1],
    ['freq often', 2],
    ['freq often', 3],
    ['freq once', 0],
    ['freq old', 400],
    ['freq old', 401],
    ['freq old', 402],
  ] as const)
    await append(line, { ts_ns: ns(now - days * 86_400_000) });
  for (const mode of ['match', 'like', 'fuzzy'])
    expect(await lines({ filter: 'freq', mode, order: 'frecency' })).toEqual(['freq often', 'freq once', 'freq old']);
  const { body } = await daemon.call('history_query', { filter: 'freq', mode: 'like', order: 'frecency' });
  expect(body.rows.map((row: { uses: number }) => row.uses)).toEqual([3, 1, 3]);
  expect((await daemon.call('history_query', { order: 'frecency', cursor: '5' })).body.code).toBe('bad_args');
  expect((await daemon.call('history_query', { order: 'frecency', limit: 5000 })).body.code).toBe('bad_args');
});

test('the rules leave lines out and say so, and secrets are taken out before anything is stored', async () => {
  expect(await append(' secret thing')).toEqual({ ok: true, history_id: null, recorded: false, ignored: 'leading_space', redacted: 0 });
  expect((await append('pass show mail')).ignored).toBe('pattern');
  expect((await append('rm -r x --dry-run')).ignored).toBe('pattern');
  expect(await lines({ filter: 'pass show' })).toEqual([]);
  expect((await append('export GH_TOKEN=hunter2hunter2 && deploy')).redacted).toBe(1);
  expect(await lines({ filter: 'deploy' })).toEqual(['export GH_TOKEN=[redacted] && deploy']);
  expect(await lines({ filter: 'hunter2', mode: 'like' })).toEqual([]);
  expect((await daemon.call('history_stats')).body).toMatchObject({ redacted: 1, ignored: 3 });
  expect(await Bun.file(`${daemon.home}/zd.db-wal`).text()).not.toContain('hunter2hunter2');
  const long = await daemon.call('history_append', { line: 'x'.repeat(2001) });
  expect({ status: long.status, code: long.body.code, limit: long.body.limit }).toEqual({ status: 413, code: 'too_large', limit: 2000 });
});

test('private mode keeps nothing while it lasts', async () => {
  await daemon.call('config_set', { key: 'history.private', value: 'true' });
  expect(await append('behind the curtain')).toMatchObject({ recorded: false, ignored: 'private' });
  await daemon.call('config_set', { key: 'history.private', value: 'false' });
  expect(await append('in the open')).toMatchObject({ recorded: true });
  expect(await lines({ filter: 'curtain' })).toEqual([]);
  const quiet = await daemon.zd('history', 'append', '--', 'not asked');
  expect(quiet.code).toBe(0);
});

test('an append is announced without its line; a long command with it, by how it ended', async () => {
  const before = (await daemon.call('history_append', { line: 'zero' })).body.history_id;
  await append('sleep 60', { duration_ns: ns(60_000), exit_code: 0, shell_id: 3, cwd: '/x' });
  await append('sleep 61', { duration_ns: ns(61_000), exit_code: 1 });
  await append('sleep 62', { duration_ns: ns(62_000), exit_code: 130 });
  const events = await until('the events are there', async () => {
    const { body } = await daemon.call('event_list', { kind: 'history', order: 'desc', limit: 1000 });
    return body.events.some((event: { topic: string }) => event.topic === 'long_cmd_signaled') && body.events;
  });
  const of = (topic: string) => events.filter((event: { topic: string }) => event.topic === topic);
  expect(of('history.appended').some((event: { data: { history_id: number } }) => event.data.history_id === before)).toBe(true);
  expect(JSON.stringify(of('history.appended'))).not.toContain('sleep');
  expect(of('long_cmd_complete')[0]).toMatchObject({
    scope: 'shell:3',
    data: { from_shell: 3, command: 'sleep 60', exit_code: 0, duration_ns: ns(60_000), cwd: '/x' },
  });
  expect(of('long_cmd_failed')[0].data.command).toBe('sleep 61');
  expect(of('long_cmd_signaled')[0].data.command).toBe('sleep 62');
});

test('bad input gets a code', async () => {
  for (const input of [{}, { line: 1 }, { line: 'x', ts_ns: -1 }, { line: 'x', ts_ns: 9e18 }, { line: 'x', exit_code: '0' }, { line: 'x', nope: 1 }])
    expect((await daemon.call('history_append', input)).body.code).toBe('bad_args');
  for (const input of [{ limit: 0 }, { limit: 100_001 }, { cursor: 'x' }, { filter: 7 }, { order: 'size' }])
    expect((await daemon.call('history_query', input)).body.code).toBe('bad_args');
  expect((await append('')).recorded).toBe(true);
  const strange = 'a\u0000b\u0007\n\u001b[2J\ud83d\ude00 x';
  expect((await append(strange)).recorded).toBe(true);
  for (const mode of ['exact', 'prefix', 'like']) expect(await lines({ filter: strange, mode })).toEqual([strange]);
});
