import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';

const ns = (ms: number) => ms * 1_000_000;

test('what was acknowledged is there after SIGKILL, in the table and in every index, and ids go on', async () => {
  const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'storage.after_commit=kill@+12' } });
  const told: { id: number; line: string }[] = [];
  for (let at = 0; at < 100; at++) {
    const line = `crash ${at % 5} word${at}`;
    const reply = await daemon.call('history_append', { line, ts_ns: ns(1_700_000_000_000 + at) }).catch(() => null);
    if (!reply) break;
    told.push({ id: reply.body.history_id, line });
  }
  expect(told.length).toBeGreaterThan(5);
  expect(told.length).toBeLessThan(100);
  await daemon.ended();
  await daemon.restart({});
  for (const mode of ['match', 'fts', 'like', 'prefix', 'fuzzy']) {
    const { body } = await daemon.call('history_query', { filter: 'crash', mode, order: 'time', descending: false });
    expect(body.rows.slice(0, told.length).map(({ id, line }: { id: number; line: string }) => ({ id, line }))).toEqual(told);
    expect((await daemon.call('history_stats')).body.entries).toBe(body.count);
  }
  const { body: next } = await daemon.call('history_append', { line: 'after' });
  expect(next.history_id).toBeGreaterThan(told.at(-1)!.id);
});

test('an import that dies half-way leaves nothing of its page, and can be repeated', async () => {
  const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'storage.before_commit=kill@+2' } });
  const page = (from: number) => ({
    entries: Array.from({ length: 200 }, (_, n) => ({ line: `imp ${from + n}`, ts_ns: ns(1_700_000_000_000 + from + n) })),
  });
  expect((await daemon.call('history_import', page(0))).body.imported).toBe(200);
  await daemon.call('history_import', page(200)).catch(() => null);
  await daemon.ended();
  await daemon.restart({});
  expect((await daemon.call('history_stats')).body.entries).toBe(200);
  for (const from of [0, 200]) await daemon.call('history_import', page(from));
  expect((await daemon.call('history_query', { filter: 'imp', mode: 'prefix', limit: 1000 })).body.count).toBe(400);
});
