import { afterEach, beforeEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parsePattern } from '../../src/areas/event/pattern';
import { parseSince } from '../../src/areas/event/since';
import { cpuMsOf } from '../helper/cpu';
import { EventRig, range } from '../helper/event_rig';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const parsed = (text: string) => {
  const since = parseSince(text, NOW);
  if (typeof since === 'string') throw new Error(since);
  return since;
};

test.each([
  ['0', { kind: 'seq', seq: 0 }],
  ['000123', { kind: 'seq', seq: 123 }],
  ['earliest', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['abcdefghi0-12', { kind: 'id' }],
  ['10m', { kind: 'time', ts: NOW - 600_000 }],
  ['1h30m', { kind: 'time', ts: NOW - 5_400_000 }],
  ['250ms', { kind: 'time', ts: NOW - 250 }],
  ['2w', { kind: 'time', ts: NOW - 1_209_600_000 }],
  ['999999999999w', { kind: 'time', ts: 0 }],
  ['2026-02-28', { kind: 'time', ts: Date.parse('2026-02-28T00:00:00Z') }],
  ['2026-03-01T11:59Z', { kind: 'time', ts: NOW - 60_000 }],
  ['2026-03-01 11:59:00', { kind: 'time', ts: NOW - 60_000 }],
  ['2026-03-01t13:59:00.500+02:00', { kind: 'time', ts: NOW - 59_500 }],
  ['2026-03-01T11:59:00.123456789+00:00', { kind: 'time', ts: NOW - 59_877 }],
] as const)('since %p', (text, expected) => {
  expect(parsed(text)).toEqual({ ...expected, text } as ReturnType<typeof parsed>);
});

test.each([
  '',
  'yesterday',
  '-5',
  '1.5',
  'm',
  '10 m',
  '10y',
  '1e3',
  '2026-02-31',
  '2026-13-01',
  '2026-01-01T25:00',
  '2026-01-01T',
  '0x10',
  ' 5',
  '\0',
  '9'.repeat(16),
])('since %p is refused in words', (text) => {
  expect(parseSince(text, NOW)).toContain('is not an event number');
});

test('any text is a position or a refusal, in time that does not grow out of bounds', async () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => void parseSince(text, NOW)));
  const hostile = ['1m'.repeat(50_000) + 'x', '1'.repeat(100_000), '2026-01-01T'.repeat(10_000)];
  expect(await cpuMsOf(() => hostile.forEach((text) => expect(parseSince(text, NOW)).toBeString()))).toBeLessThan(1000);
});

let rig: EventRig;
beforeEach(() => {
  rig = new EventRig();
});
afterEach(() => rig.remove());

test('a time begins at the first event of that time, whatever is missing in between', async () => {
  const times = [0, 0, 10, 20, 20, 20, 30];
  const begin = rig.now;
  for (const at of times) {
    rig.now = begin + at;
    await rig.publish();
  }
  rig.db.sqlite.run('DELETE FROM event WHERE seq IN (3, 5)');
  rig.now = begin + 100;
  const from = async (ts: number) => {
    const last = await rig.publish('end');
    const reader = rig.reader({ kind: 'time', ts: begin + ts, text: 'then' });
    const heard: number[] = [];
    for (let frame = (await reader.next())!; frame.id !== last.id; frame = (await reader.next())!) heard.push(frame.data.seq);
    return heard.filter((seq) => seq <= times.length);
  };
  expect(await from(0)).toEqual([1, 2, 4, 6, 7]);
  expect(await from(1)).toEqual([4, 6, 7]);
  expect(await from(20)).toEqual([4, 6, 7]);
  expect(await from(30)).toEqual([7]);
  expect(await from(31)).toEqual([]);
});

test('a time of which retention has removed events is a gap, earliest is not', async () => {
  await rig.publishMany(10);
  const then = rig.now;
  rig.now += 1000;
  await rig.publishMany(10);
  rig.limits = { ...rig.limits, max_count: 12 };
  await rig.log.trim();
  expect(await rig.reader({ kind: 'time', ts: then, text: '1s' }).next()).toMatchObject({ event: 'gap', data: { requested: '1s', lost: null } });
  expect((await rig.reader({ kind: 'time', ts: then + 1, text: '999ms' }).next())!.data.seq).toBe(11);
  expect((await rig.reader({ kind: 'earliest', text: 'earliest' }).next())!.data.seq).toBe(9);
  expect(await rig.reader({ kind: 'seq', seq: 3, text: '3' }).next()).toMatchObject({ event: 'gap', data: { lost: 5 } });
  expect(await rig.reader({ kind: 'seq', seq: 21, text: '21' }).next()).toMatchObject({ event: 'gap', data: { requested: '21', lost: null } });
});

test('a page of the list begins behind the one before, whatever comes in between', async () => {
  const pattern = parsePattern('*.x');
  if (typeof pattern === 'string') throw new Error(pattern);
  const list = (order: 'asc' | 'desc', limit: number, cursor?: string) =>
    rig.log.list({ pattern, audience: { sessions: [] }, order, limit, ...(cursor === undefined ? {} : { cursor }) }, new AbortController().signal);
  for (let at = 0; at < 700; at++) await rig.publish(at % 7 === 0 ? 'x' : 'y');
  for (const order of ['asc', 'desc'] as const) {
    const seen: number[] = [];
    const before = rig.log.figures().newest!.seq;
    let page = await list(order, 13);
    for (;;) {
      seen.push(...page!.events.map((event) => event.seq));
      if (page!.next === null) break;
      if (seen.length < 60) await rig.publish('x');
      page = await list(order, 13, page!.next);
    }
    const expected = range(1, order === 'asc' ? rig.log.figures().newest!.seq : before).filter((seq) => seq > 700 || (seq - 1) % 7 === 0);
    expect(seen).toEqual(order === 'asc' ? expected : expected.toReversed());
  }
  const { next } = (await list('asc', 1))!;
  for (const bad of ['', 'x', 'a.zzzzzzzzzz-1.', next!.replace('a.', 'd.'), `${next}x`]) expect(await list('asc', 1, bad)).toBeNull();
});
