import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import fc from 'fast-check';
import { momentOf, systemZone } from '../../src/areas/schedule/zone';
import { D, H, M, NOON, rig, S } from '../helper/schedule_rig';

describe('a clock set forward, or a machine that slept', () => {
  for (const [catch_up, runs] of [
    ['skip', ['missed@10800x3']],
    ['run_once', ['missed@7200x2', 'running@10800']],
    ['run_all', ['running@3600', 'running@7200', 'running@10800']],
  ] as const) {
    test(`follows the policy once: ${catch_up}`, async () => {
      const r = await rig();
      await r.add({ cron_expr: '@hourly', catch_up, overlap: 'allow' });
      await r.jump(3 * H + 10 * M);
      for (let at = 0; at < 3; at++) await r.pass(30 * S);
      expect(r.runs(NOON)).toEqual([...runs]);
      expect(r.row().next_at).toBe(NOON + 4 * H);
    });
  }
});

describe('a clock set back', () => {
  test('by an hour repeats no time of day, and goes on at the next new one', async () => {
    const r = await rig(NOON - M);
    await r.add({ cron_expr: '*/30 * * * *', overlap: 'allow' });
    await r.pass(M);
    await r.jump(-H);
    for (let at = 0; at < 9; at++) await r.pass(10 * M);
    expect(r.runs(NOON)).toEqual(['running@0', 'running@1800']);
  });

  test('by a day was wrong before: times count from the new now', async () => {
    const r = await rig(NOON - M);
    await r.add({ cron_expr: '@hourly', overlap: 'allow' });
    await r.pass(M);
    await r.jump(-D);
    for (let at = 0; at < 2; at++) await r.pass(H);
    expect(r.runs(NOON - D)).toEqual([`running@${D / S}`, 'running@3600', 'running@7200']);
  });

  test('an interval measures what has elapsed', async () => {
    const r = await rig();
    await r.add({ every: '10m', overlap: 'allow' });
    await r.pass(10 * M);
    await r.jump(-5 * H);
    const from = r.time;
    await r.pass(10 * M - 1);
    expect(r.runs(from).length).toBe(1);
    await r.pass(1);
    await r.pass(10 * M);
    expect(r.runs(from).slice(1)).toEqual(['running@600', 'running@1200']);
  });

  test('while zd was down is noticed at its start', async () => {
    const r = await rig();
    await r.add({ every: '10m', overlap: 'allow' });
    await r.add({ cron_expr: '@hourly', overlap: 'allow' });
    const next = await r.again(NOON - 30 * D);
    expect(next.row(1).next_at! - next.time).toBeLessThanOrEqual(10 * M);
    expect(next.row(2).next_at! - next.time).toBeLessThanOrEqual(H);
    expect(next.runs(NOON)).toEqual([]);
  });

  test('a first time far away stays where it is', async () => {
    const r = await rig();
    await r.add({ every: '1h', anchor_unix_secs: (NOON + 30 * D) / S });
    await r.add({ fire_at_unix_secs: (NOON + 30 * D) / S });
    await r.jump(-H);
    await r.pass(M);
    expect([r.row(1).next_at, r.row(2).next_at]).toEqual([NOON + 30 * D, NOON + 30 * D]);
  });
});

describe('another zone of the system', () => {
  test('moves schedules without a zone of their own, and only those', async () => {
    const r = await rig();
    await r.add({ cron_expr: '0 9 * * *' });
    await r.add({ cron_expr: '0 9 * * *', timezone: 'UTC' });
    await r.add({ every: '24h' });
    const before = [2, 3].map((id) => r.row(id).next_at);
    r.zone = 'America/New_York';
    await r.pass(30 * S);
    expect(new Date(r.row(1).next_at!).toISOString()).toBe('2026-06-01T13:00:00.000Z');
    expect([2, 3].map((id) => r.row(id).next_at)).toEqual(before);
    const next = await r.again(r.time, 'Asia/Tokyo');
    expect(new Date(next.row(1).next_at!).toISOString()).toBe('2026-06-02T00:00:00.000Z');
    expect(next.runs(NOON)).toEqual([]);
  });

  test('is read where the system keeps it', () => {
    const folder = mkdtempSync('/tmp/zd-zone-');
    try {
      const link = (name: string, to: string) => (symlinkSync(to, `${folder}/${name}`), `${folder}/${name}`);
      expect(systemZone(undefined, link('a', '/usr/share/zoneinfo/Europe/Berlin'))).toBe('Europe/Berlin');
      expect(systemZone('', link('b', '../usr/share/zoneinfo/posix/America/Argentina/Ushuaia'))).toBe('America/Argentina/Ushuaia');
      expect(systemZone(':Asia/Tokyo', link('c', '/usr/share/zoneinfo/Europe/Berlin'))).toBe('Asia/Tokyo');
      expect(systemZone('no such zone', link('d', '/etc/nothing'))).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test('an expression nobody can read any more keeps no other from its time', async () => {
  const r = await rig();
  await r.add({ cron_expr: '@daily' });
  await r.add({ every: '1m' });
  r.db.sqlite.query(`UPDATE schedule SET cron_expr = 'once in a blue moon' WHERE id = 1`).run();
  const next = await r.again(r.time + M);
  await next.jump(D);
  expect(next.runs(NOON, 2)[0]).toBe('running@60');
  expect(next.errors.length).toBeGreaterThan(0);
});

test('a time as people write it, in a zone', () => {
  const utc = (text: string, zone: string) => {
    const at = momentOf(text, zone);
    return at === null ? null : new Date(at).toISOString().slice(0, 19);
  };
  expect(utc('2026-06-01T12:00', 'Europe/Berlin')).toBe('2026-06-01T10:00:00');
  expect(utc('2026-12-01 12:00:05', 'America/New_York')).toBe('2026-12-01T17:00:05');
  expect(utc('2026-12-01T12:00Z', 'America/New_York')).toBe('2026-12-01T12:00:00');
  expect(utc('2026-12-01T12:00-05:30', 'Asia/Tokyo')).toBe('2026-12-01T17:30:00');
  expect(utc('2026-03-29T02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00');
  expect(utc('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00');
  expect([utc('2027-02-29T00:00', 'UTC'), utc('2026-13-01T00:00', 'UTC'), utc('2026-01-01T25:00', 'UTC'), utc('now', 'UTC')]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40 * M }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -2 * H, max: 6 * H }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), ms: fc.integer({ min: -H, max: 6 * H }) }) },
);

test('whatever the clocks do, no time of a cron schedule is acted on twice or forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 25 }), fc.constantFrom('skip', 'run_once', 'run_all'), async (events, catch_up) => {
      let r = await rig();
      await r.add({ cron_expr: '*/7 * * * *', catch_up, catch_up_limit: 5, overlap: 'allow' });
      let [lowest, newest] = [NOON, NOON];
      for (const { kind, ms } of events) {
        // Stays within the three hours in which nothing repeats.
        const by = ms < 0 ? Math.max(ms, newest - 2 * H - r.time) : ms;
        if (kind === 'crash') {
          r = await r.again(r.time + by);
        } else if (kind === 'jump') await r.jump(by);
        else await r.pass(by);
        newest = Math.max(newest, r.time);
        lowest = Math.min(lowest, r.time);
      }
      const history = r.store.history(1, 10_000, null).toReversed();
      const ran = history.filter((run) => run.state !== 'missed').map((run) => run.scheduled_at);
      expect(new Set(ran).size).toBe(ran.length);
      expect(ran).toEqual(ran.toSorted((a, b) => a - b));
      const acted = history.reduce((sum, run) => sum + run.occurrences, 0);
      let due = 0;
      for (let at = NOON + M; at <= newest; at += M) if (new Date(at).getUTCMinutes() % 7 === 0) due++;
      // Set back to before its birth it may act on earlier times too, once each.
      if (lowest >= NOON) expect(acted).toBe(due);
      expect(r.row().next_at).toBeGreaterThan(r.time);
      expect(r.errors).toEqual([]);
      r.close();
    }),
    { numRuns: 60 },
  );
});
