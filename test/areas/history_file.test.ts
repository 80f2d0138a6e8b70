import { beforeAll, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { openSocket } from '../helper/socket';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[history]\nmax_line_bytes = 2000\n' });
});

test('import_history reads a file that lies here, again without doubles, and says what it cannot read', async () => {
  const path = join(daemon.home, 'zsh_history');
  await Bun.write(path, ': 1700000000:7;make one\n: 1700000001:0;make two\nplain three\n');
  const first = await daemon.call('import_history', { path });
  expect(first.body).toMatchObject({ imported: 3, skipped: 0, total_parsed: 3, from: path, format: 'zsh', bytes_in: 60 });
  expect((await daemon.call('import_history', { path })).body).toMatchObject({ imported: 0, skipped: 3 });
  expect((await daemon.call('import_history', { path, dedupe: false })).body).toMatchObject({ imported: 3, skipped: 0 });
  const { body } = await daemon.call('history_query', { filter: 'make one' });
  expect(body.rows[0]).toMatchObject({ ts_ns: 1_700_000_000_000_000_000, duration_ns: 7_000_000_000 });
  await Bun.write(path, '');
  expect((await daemon.call('import_history', { path })).body).toMatchObject({ imported: 0, skipped: 0, format: 'empty' });
  const folder = join(daemon.home, 'folder');
  mkdirSync(folder);
  for (const [wrong, code] of [
    ['relative', 'bad_args'],
    [folder, 'read_failed'],
    [join(daemon.home, 'nothing'), 'read_failed'],
  ] as const)
    expect((await daemon.call('import_history', { path: wrong })).body.code).toBe(code);
  await Bun.write(path, `short\n${'x'.repeat(3000)}\n`);
  expect((await daemon.call('import_history', { path })).body.code).toBe('too_large');
  expect((await daemon.call('history_query', { filter: 'short' })).body.count).toBe(0);
});

test('total counts what fits beyond the page, in every mode', async () => {
  const entries = Array.from({ length: 600 }, (_, at) => ({ line: `count ${at % 300} ${at % 2 ? 'odd' : 'even'}`, cwd: at < 100 ? '/a' : '/b' }));
  await daemon.call('history_import', { entries, dedupe: false });
  const total = async (more: object) => (await daemon.call('history_query', { limit: 5, total: true, ...more })).body.total as number | null;
  for (const mode of ['match', 'like', 'fuzzy', 'prefix', 'fts']) expect(await total({ filter: 'count', mode })).toBe(600);
  expect(await total({ filter: 'count', distinct: true })).toBe(300);
  expect(await total({ filter: 'even', cwd: '/a' })).toBe(50);
  expect(await total({ filter: 'nowhere' })).toBe(0);
  const { entries: all } = (await daemon.call('history_stats')).body as { entries: number };
  expect(await total({})).toBe(all);
  expect((await daemon.call('history_query', { filter: 'count' })).body).not.toHaveProperty('total');
});

test('a long command that is kept is told to every other session', async () => {
  const [runner, other] = [await openSocket(daemon), await openSocket(daemon)];
  const { shell_id: id } = await runner.call('register', { cwd: '/tmp' });
  await other.call('register', {});
  const told = { line: 'make world', exit_code: 2, duration_ns: 61e9, cwd: '/src', ...(typeof id === 'number' ? { shell_id: id } : {}) };
  await runner.call('history_append', told);
  expect(await other.event()).toMatchObject({ event: 'long_cmd_failed', command: 'make world', exit_code: 2, duration_ns: 61e9, cwd: '/src' });
  for (const each of [runner, other]) each.ws.close();
});
