import { afterAll, beforeAll, expect, test } from 'bun:test';
import { parsePattern } from '../../src/areas/event/pattern';
import { cpuMsOf } from '../helper/cpu';
import { EventRig } from '../helper/event_rig';

const EVENTS = 200_000;
/** Far more than it takes, and far less than looking through the log would. */
const BOUND_MS = 100;

let rig: EventRig;
beforeAll(async () => {
  rig = new EventRig();
  rig.db.sqlite.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS})
     INSERT INTO event (seq, ts, kind, scope, topic, source, visibility, data, log_bytes)
     SELECT i, ${rig.now} + i, 'pub', 'http', 'topic.' || (i % 100), 'http', 'public', '{"n":' || i || '}', i * 60 FROM n`,
  );
  rig.db.sqlite.run(`INSERT INTO event_kind VALUES ('pub', ${EVENTS}, ${EVENTS} * 60, 0, 0)`);
  await rig.reopen();
});
afterAll(() => rig.remove());

const timed = async <T>(run: () => T | Promise<T>): Promise<{ value: T; ms: number }> => {
  let value: T | undefined;
  const ms = await cpuMsOf(async () => (value = await run()));
  return { value: value!, ms };
};

test('positions near the end of a large log are found at once', async () => {
  const { newest } = rig.log.figures();
  const near = EVENTS - 3;
  for (const since of [
    { kind: 'seq', seq: near, text: '' },
    { kind: 'time', ts: rig.now + near + 1, text: '' },
    { kind: 'id', text: newest!.id.replace(/\d+$/, String(near)) },
  ] as const) {
    const { value, ms } = await timed(() => rig.reader(since).next());
    expect([since.kind, value!.data.seq]).toEqual([since.kind, near + 1]);
    expect(ms).toBeLessThan(BOUND_MS);
  }
  const { value: reader } = await timed(() => rig.reader(newest!.id));
  const next = reader.next();
  const event = await rig.publish();
  expect((await next)!.id).toBe(event.id);
  expect((await timed(() => rig.log.figures())).ms).toBeLessThan(BOUND_MS);
});

test('a search that finds nothing lets others in between', async () => {
  const pattern = parsePattern('*.nowhere');
  if (typeof pattern === 'string') throw new Error(pattern);
  let turns = 0;
  let searching = true;
  const count = () => {
    turns++;
    if (searching) setImmediate(count);
  };
  setImmediate(count);
  const page = await rig.log.list({ pattern, audience: { sessions: [] }, order: 'asc', limit: 10 }, new AbortController().signal);
  searching = false;
  expect(page).toEqual({ events: [], next: null, complete: true });
  expect(turns).toBeGreaterThanOrEqual(EVENTS / 5000 - 1);
});

test('the oldest events are trimmed in pieces', async () => {
  rig.limits = { ...rig.limits, max_count: EVENTS - 5500 };
  await rig.log.trim();
  expect(rig.log.figures()).toMatchObject({ count: EVENTS - 5500 });
});
