import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { checkCron, nextCron } from '../../src/areas/schedule/cron';
import { formatDuration, parseDuration } from '../../src/areas/schedule/duration';
import { delayOf } from '../../src/areas/schedule/model';
import { countBetween, newestBetween, nextAfter, type Timing } from '../../src/areas/schedule/timing';
import { ZdError } from '../../src/kernel/error';

/** The next times after an instant, as local or UTC text. */
function times(expr: string, zone: string, from: string, count: number): string[] {
  const found: string[] = [];
  for (let at = nextCron(expr, zone, Date.parse(from)); at !== null && found.length < count; at = nextCron(expr, zone, at))
    found.push(new Date(at).toISOString().replace(':00.000Z', 'Z'));
  return found;
}

describe('daylight saving', () => {
  test('a time of day that does not exist runs at the first moment after the gap', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00Z', '2026-03-30T00:30Z']);
    expect(times('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', 2)).toEqual(['2026-03-08T07:00Z', '2026-03-09T06:30Z']);
  });

  test('a time of day that comes twice runs once, at the first', () => {
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
    expect(times('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', 2)).toEqual(['2026-11-01T05:30Z', '2026-11-02T06:30Z']);
    // Also when one asks between the two.
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-25T01:00:00Z', 1)).toEqual(['2026-10-26T01:30Z']);
  });

  test('a list of times of day follows the same rule', () => {
    expect(times('30 1,2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 3)).toEqual([
      '2026-03-29T00:30Z',
      '2026-03-29T01:00Z',
      '2026-03-29T23:30Z',
    ]);
  });

  test('every half hour leaves out the gap and runs in both repeated hours', () => {
    const half = (zone: string, from: string) => times('*/30 * * * *', zone, from, 5);
    const steady = (from: string) =>
      Array.from({ length: 5 }, (_, at) => new Date(Date.parse(from) + at * 1_800_000).toISOString().replace(':00.000Z', 'Z'));
    expect(half('Europe/Berlin', '2026-03-29T00:00:00Z')).toEqual(steady('2026-03-29T00:30:00Z'));
    expect(half('Europe/Berlin', '2026-10-24T23:30:00Z')).toEqual(steady('2026-10-25T00:00:00Z'));
    expect(half('America/New_York', '2026-03-08T06:00:00Z')).toEqual(steady('2026-03-08T06:30:00Z'));
    expect(half('America/New_York', '2026-11-01T04:30:00Z')).toEqual(steady('2026-11-01T05:00:00Z'));
  });

  test('a step that has no time in the gap is not made up for', () => {
    expect(times('15 */2 * * *', 'Europe/Berlin', '2026-03-28T23:30:00Z', 2)).toEqual(['2026-03-29T02:15Z', '2026-03-29T04:15Z']);
  });
});

test('leap days, month ends, weekdays and seconds', () => {
  expect(times('0 12 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual(['2028-02-29T12:00Z', '2032-02-29T12:00Z']);
  expect(times('0 0 31 * *', 'UTC', '2026-01-31T00:00:00Z', 2)).toEqual(['2026-03-31T00:00Z', '2026-05-31T00:00Z']);
  expect(times('0 0 L * *', 'UTC', '2028-02-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00Z']);
  expect(times('0 9 * * MON-FRI', 'UTC', '2026-11-20T09:00:00Z', 2)).toEqual(['2026-11-23T09:00Z', '2026-11-24T09:00Z']);
  expect(times('0 0 * * 7', 'UTC', '2026-11-16T00:00:00Z', 1)).toEqual(times('0 0 * * 0', 'UTC', '2026-11-16T00:00:00Z', 1));
  // Day of month and day of week: either is enough, and `+` asks for both.
  expect(times('0 0 13 * FRI', 'UTC', '2026-11-01T00:00:00Z', 3)).toEqual(['2026-11-06T00:00Z', '2026-11-13T00:00Z', '2026-11-20T00:00Z']);
  expect(times('0 0 13 * +FRI', 'UTC', '2026-11-14T00:00:00Z', 1)).toEqual(['2027-08-13T00:00Z']);
  expect(new Date(nextCron('*/10 * * * * *', 'UTC', Date.parse('2026-01-01T00:00:09.500Z'))!).toISOString()).toBe('2026-01-01T00:00:10.000Z');
  expect(times('@daily', 'Asia/Tokyo', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-01T15:00Z']);
});

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'];
const field = (least: number, most: number) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: fc.integer({ min: least, max: most }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: Math.min(20, most) }).map((step) => `*/${step}`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }))
        .map((ends) => `${Math.min(...ends)}-${Math.max(...ends)}`),
    },
    { weight: 1, arbitrary: fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 2, maxLength: 4 }).map((list) => list.join(',')) },
  );
const expression = fc
  .tuple(fc.option(field(0, 59), { nil: null }), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((parts) => parts.filter((part) => part !== null).join(' '));
const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) });
const timing: fc.Arbitrary<Timing> = fc.oneof(
  fc.record({ kind: fc.constant('cron' as const), expr: expression, zone: fc.constantFrom(...ZONES) }),
  fc.record({ kind: fc.constant('every' as const), everyMs: fc.integer({ min: 1000, max: 400_000_000 }), anchor: instant }),
);

describe('the next time', () => {
  test('is never in the past, and only grows', () => {
    fc.assert(
      fc.property(timing, instant, fc.nat(100_000_000), (each, from, later) => {
        const next = nextAfter(each, from, 'UTC')!;
        const following = nextAfter(each, from + later, 'UTC')!;
        expect(next).toBeGreaterThan(from);
        expect(following).toBeGreaterThanOrEqual(next);
        // Nothing lies between: from anywhere before it, it is still the next one.
        expect(nextAfter(each, next - 1, 'UTC')).toBe(next);
        expect(nextAfter(each, from + Math.floor((next - from) / 2), 'UTC')).toBe(next);
      }),
      { numRuns: 300 },
    );
  });

  test('counting and the newest ones agree with walking', () => {
    fc.assert(
      fc.property(timing, instant, fc.nat(40), fc.integer({ min: 1, max: 12 }), (each, after, steps, limit) => {
        const all = [nextAfter(each, after, 'UTC')!];
        for (let at = 0; at < steps; at++) all.push(nextAfter(each, all.at(-1)!, 'UTC')!);
        const [from, to] = [all[0]!, all.at(-1)!];
        expect(countBetween(each, from, to, 'UTC')).toBe(all.length);
        expect(newestBetween(each, from, to, limit, 'UTC')).toEqual(all.slice(-limit));
        expect(newestBetween(each, from, to + 999, limit, 'UTC').at(0)).toBeGreaterThanOrEqual(from);
      }),
      { numRuns: 100 },
    );
  });

  test('a year of seconds is bounded work', () => {
    const seconds: Timing = { kind: 'cron', expr: '* * * * * *', zone: 'Europe/Berlin' };
    const [from, to] = [Date.UTC(2025, 0, 1), Date.UTC(2026, 0, 1)];
    expect(newestBetween(seconds, from, to, 3, 'UTC')).toEqual([to - 2000, to - 1000, to]);
    expect(countBetween(seconds, from, to, 'UTC')).toBe(500);
  });
});

test('jitter is fixed per schedule, within its bound, and spread', () => {
  const delays = Array.from({ length: 200 }, (_, id) => delayOf(id + 1, 1_790_000_000_000, 60_000));
  expect(delays).toEqual(Array.from({ length: 200 }, (_, id) => delayOf(id + 1, 1_790_000_000_000, 60_000)));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(60_000);
  const quarters = delays.map((delay) => Math.floor(delay / 15_001));
  for (const quarter of [0, 1, 2, 3]) expect(quarters.filter((each) => each === quarter).length).toBeGreaterThan(20);
  expect(delayOf(1, 2, 0)).toBe(0);
});

/** Where the fault is, from 0. */
function faultOf(expr: string): unknown {
  try {
    checkCron(expr);
    return 'fine';
  } catch (error) {
    if (!(error instanceof ZdError) || error.code !== 'bad_cron') throw error;
    return error.detail.extra!.position;
  }
}

test('a fault is told with its position', () => {
  const faults: [string, unknown][] = [
    ['*/5 * * * *', 'fine'],
    ['0 */5 * * * *', 'fine'],
    ['  @Daily ', 'fine'],
    ['0 0 1,15,L * *', 'fine'],
    ['', 0],
    ['* * * *', 7],
    ['* * * * * * 2027', 12],
    ['61 * * * *', 0],
    ['0 1,24,3 * * *', 4],
    ['0  0   32 * *', 7],
    ['* * * FOO *', 6],
    ['* * * * MON-XYZ', 8],
    ['* * * * 1,,2', 10],
    ['5-1 * * * *', 0],
    ['*/0 * * * *', 0],
    ['* * * * 6#7', 8],
    ['0 0 30 2 *', 4],
    ['@never', 0],
    ['@daily *', 7],
    ['2026-01-01T00:00:00 * * * *', 0],
    ['* * * * @', 8],
    ['rm -rf / ; #', 0],
  ];
  expect(faults.map(([expr]) => [expr, faultOf(expr)])).toEqual(faults);
});

test('no text makes the parser fail in another way', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789*/,-#LW?@ +') }), expression), (text) => {
      const fault = faultOf(text);
      if (fault === 'fine') expect(nextCron(text, 'Europe/Berlin', 1_790_000_000_000)).toBeGreaterThan(1_790_000_000_000);
      else expect(fault).toBeLessThanOrEqual(text.length);
    }),
  );
});

test('lengths of time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 * 86_400 }), (secs) => expect(parseDuration(formatDuration(secs * 1000), '/every')).toBe(secs * 1000)),
  );
  expect(parseDuration('1h30m', '/every')).toBe(5_400_000);
  expect(formatDuration(90_000)).toBe('1m30s');
  for (const text of ['', '0s', '5', '1.5h', '10ms', '-1s', '30m1h', '400d', '1 h', '99999999m'])
    expect(() => parseDuration(text, '/every')).toThrow('/every');
});
