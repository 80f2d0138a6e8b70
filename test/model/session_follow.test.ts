import { afterAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionEvent } from '../../src/areas/session/event';
import { followBatches } from '../../src/areas/session/follow';
import { SessionLog } from '../../src/areas/session/log';
import type { SessionRef } from '../../src/areas/session/row';
import { SessionTable } from '../../src/areas/session/session_table';
import { Viewers } from '../../src/areas/session/viewers';
import { systemClock } from '../../src/kernel/clock';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { tempHome } from '../helper/daemon';

const home = tempHome();
const db = new Db(join(home, 'zd.db'), { migrations: zdMigrations, durability: 'normal' });
afterAll(() => {
  db.close();
  rmSync(home, { recursive: true, force: true });
});
const viewers = new Viewers(() => ({ events: 8, bytes: 100_000 }));
const log = new SessionLog(db, systemClock, viewers.deliver);
const table = new SessionTable(db);

let made = 0;
async function session(): Promise<SessionRef> {
  const session_id = `s${++made}`;
  const key = await db.write(() => table.insert({ session_id, agent: 'a', title: null, cwd: '/', model: null, system: null, created_at: 1 }));
  return { key, session_id };
}
const add = (ref: SessionRef, count: number) =>
  db.write(
    () =>
      void log.append(
        ref,
        Array.from({ length: count }, () => ({ type: 'text', turn: 1, data: { content: 'x' } }) as const),
      ),
  );
const follow = (ref: SessionRef, since: number, signal: AbortSignal) =>
  followBatches({ log, viewers, now: () => 1, row: () => table.at(ref.key) }, table.at(ref.key)!, since, signal);

const next = async (batches: AsyncGenerator<readonly SessionEvent[]>) => (await batches.next()).value as readonly SessionEvent[];

test('whoever follows, from wherever and however slowly, is given every event once and in order', async () => {
  const step = fc.oneof(fc.record({ write: fc.integer({ min: 1, max: 20 }) }), fc.record({ read: fc.integer({ min: 1, max: 3 }) }));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 600 }), fc.nat(600), fc.array(step, { maxLength: 30 }), async (before, since, steps) => {
      const ref = await session();
      if (before > 0) await add(ref, before);
      const leave = new AbortController();
      const batches = follow(ref, since, leave.signal);
      const seen: SessionEvent[] = [];
      let last = before;
      for (const each of steps) {
        if ('write' in each) {
          await add(ref, each.write);
          last += each.write;
        } else {
          const at = seen.filter(({ type }) => type === 'text').at(-1)?.seq ?? Math.min(since, before);
          // Reading further than what is there would wait for ever.
          if (at < last) seen.push(...(await next(batches)));
        }
      }
      await add(ref, 1);
      while (seen.at(-1)?.seq !== last + 1 || seen.at(-1)?.type !== 'text') seen.push(...(await next(batches)));
      leave.abort();
      const first = Math.min(since, before) + 1;
      const numbers = seen.filter(({ type }) => type === 'text').map(({ seq }) => seq);
      expect(numbers).toEqual(Array.from({ length: last + 2 - first }, (_, at) => first + at));
      expect(viewers.count(ref.session_id)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('whoever falls behind is told how far, and goes on from the store', async () => {
  const ref = await session();
  const batches = follow(ref, 0, new AbortController().signal);
  expect((await next(batches))[0]!.type).toBe('live');
  await add(ref, 5);
  await add(ref, 40);
  const lag = await next(batches);
  expect(lag.map(({ type, data }) => [type, data])).toEqual([['lag', { from: 1, to: 45, waiting: 45 }]]);
  expect((await next(batches)).map(({ seq }) => seq)).toEqual(Array.from({ length: 45 }, (_, at) => at + 1));
  await batches.return(undefined);
});

test('what was removed is told as a gap', async () => {
  const ref = await session();
  await add(ref, 30);
  await db.write(() => log.trim(ref, 21));
  const batches = follow(ref, 3, new AbortController().signal);
  expect((await next(batches)).map(({ type, data }) => [type, data])).toEqual([['gap', { from: 4, to: 20, missed: 17 }]]);
  expect((await next(batches)).map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, at) => at + 21));
  await batches.return(undefined);
  expect(table.at(ref.key)!.first_seq).toBe(21);
});

test('a write that is taken back reaches nobody', async () => {
  const ref = await session();
  const batches = follow(ref, 0, new AbortController().signal);
  await batches.next();
  const failing = db.write(() => {
    log.append(ref, [{ type: 'text', turn: null, data: { content: 'never' } }]);
    throw new Error('taken back');
  });
  const good = add(ref, 1);
  expect(failing).rejects.toThrow('taken back');
  await good;
  expect((await next(batches)).map(({ seq, data }) => [seq, data.content])).toEqual([[1, 'x']]);
  await batches.return(undefined);
});

test('a turn can end only once, whatever asks for it', async () => {
  const ref = await session();
  const end = (type: 'done' | 'error') => db.write(() => void log.append(ref, [{ type, turn: 1, data: {} }]));
  await end('done');
  expect(end('error')).rejects.toThrow();
  expect(log.page(ref, 0, 10).map(({ type }) => type)).toEqual(['done']);
});
