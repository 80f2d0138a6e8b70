import { describe, expect, test } from 'bun:test';
import { ZdError } from '../../src/kernel/error';
import { D, H, M, NOON, rig, S } from '../helper/schedule_rig';

describe('a schedule', () => {
  test('runs at its next time, never at once, and every time once', async () => {
    const r = await rig(NOON + 30 * S);
    await r.add({ cron_expr: '* * * * *', overlap: 'allow' });
    await r.pass(0);
    expect(r.runs(NOON)).toEqual([]);
    await r.pass(29 * S + 999);
    expect(r.runs(NOON)).toEqual([]);
    await r.pass(1);
    await r.pass(0);
    await r.pass(M);
    expect(r.runs(NOON)).toEqual(['running@60', 'running@120']);
    expect(r.jobs.drafts.map((job) => job.tags)).toEqual([
      ['scheduled', 'schedule:1'],
      ['scheduled', 'schedule:1'],
    ]);
    expect(r.row()).toMatchObject({ last_at: NOON + 2 * M, last_job_id: 2, next_at: NOON + 3 * M });
  });

  test('at an interval keeps its grid, and begins with its anchor', async () => {
    const r = await rig();
    await r.add({ every: '10m', overlap: 'allow' });
    await r.add({ every: '1h', anchor_unix_secs: (NOON - 15 * M) / S, overlap: 'allow' });
    await r.add({ every: '1h', anchor_unix_secs: (NOON + 5 * H) / S, overlap: 'allow' });
    for (let at = 0; at < 9; at++) await r.pass(10 * M + 7);
    expect(r.runs(NOON)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90].map((min) => `running@${min * 60}`));
    expect(r.runs(NOON, 2)).toEqual(['running@2700']);
    expect(r.row(3).next_at).toBe(NOON + 5 * H);
  });

  test('that runs once is over then, and goes after a while', async () => {
    const r = await rig();
    const { id } = await r.add({ fire_at_unix_secs: (NOON + M) / S });
    await r.pass(M);
    expect(r.row(id)).toMatchObject({ enabled: 0, ended: 'fired', next_at: null });
    r.jobs.end(1);
    await r.pass(r.limits.keepEndedSecs * S - 30 * S);
    expect(r.runs(NOON, id)).toEqual(['exited@60']);
    await r.pass(30 * S);
    expect(r.store.list(false)).toEqual([]);
  });

  test('ends when it expires, and runs nothing from then on', async () => {
    const r = await rig();
    await r.add({ every: '1m', overlap: 'allow', expires_at_unix_secs: (NOON + 3 * M) / S });
    for (let at = 0; at < 5; at++) await r.pass(M);
    expect(r.runs(NOON)).toEqual(['running@60', 'running@120']);
    expect(r.row()).toMatchObject({ enabled: 0, ended: 'expired' });
  });

  test('with jitter runs later by the same part every time, and never twice', async () => {
    const r = await rig();
    const { id, due_at, next_at } = await r.add({ every: '1h', jitter_secs: 600, overlap: 'allow' });
    const delay = due_at! - next_at!;
    expect(delay).toBeGreaterThan(0);
    await r.pass(H + delay - 1);
    expect(r.runs(NOON, id)).toEqual([]);
    await r.pass(1);
    await r.pass(H);
    expect(r.store.history(id, 9, null).map((run) => run.fired_at - run.scheduled_at)).toEqual([delay, delay]);
  });

  test('whose job is refused notes it and goes on; nothing of the refused job stays', async () => {
    const r = await rig();
    await r.add({ every: '1m' });
    r.jobs.refuse = new ZdError('too_many', 'The queue is full.');
    await r.pass(M);
    await r.pass(M);
    expect(r.runs(NOON)).toEqual(['refused@60', 'refused@120']);
    expect(r.row()).toMatchObject({ failures: 2, last_error: 'too_many: The queue is full.', last_job_id: null });
    expect(r.jobs.drafts).toEqual([]);
    r.jobs.refuse = null;
    await r.pass(M);
    expect(r.row()).toMatchObject({ failures: 0, last_error: null, last_job_id: 1 });
    const topics = r.db.sqlite.query<{ topic: string; seq: number }, []>('SELECT topic, seq FROM event ORDER BY seq').all();
    expect(topics).toEqual(['fail', 'fail', 'fire'].map((topic, at) => ({ topic, seq: at + 1 })));
  });
});

test('one that cannot be acted on holds up no other, and is made up for when it can', async () => {
  const r = await rig();
  await r.add({ every: '1m', catch_up: 'run_all', overlap: 'allow' });
  await r.add({ every: '1m', overlap: 'allow' });
  const command = (text: string) => r.db.sqlite.query('UPDATE schedule SET command = ? WHERE id = 1').run(text);
  command('no JSON');
  for (let at = 0; at < 3; at++) await r.pass(M);
  expect([r.runs(NOON, 1), r.runs(NOON, 2)]).toEqual([[], ['running@60', 'running@120', 'running@180']]);
  expect(r.errors.length).toBeGreaterThan(0);
  command('["true"]');
  await r.pass(30 * S);
  expect(r.runs(NOON, 1)).toEqual(['running@60', 'running@120', 'running@180']);
  // One that goes while it rests is forgotten, so the timer does not wait for it.
  command('no JSON');
  await r.pass(30 * S);
  expect([...r.scheduler['resting'].keys()]).toEqual([1]);
  await r.store.remove(1);
  await r.pass(2 * S);
  expect([...r.scheduler['resting'].keys()]).toEqual([]);
});

describe('missed times', () => {
  const after = async (catch_up: 'skip' | 'run_once' | 'run_all', down: number) => {
    const r = await rig();
    await r.add({ every: '10m', catch_up, catch_up_limit: 3, overlap: 'allow' });
    await r.pass(10 * M);
    const next = await r.again(r.time + down);
    await next.pass(0);
    return { runs: next.runs(NOON), next: (next.row().next_at! - NOON) / S };
  };

  test('skip: none runs, and they are told', async () => {
    expect(await after('skip', 55 * M)).toEqual({ runs: ['running@600', 'missed@3600x5'], next: 4200 });
  });

  test('skip: a time that is hardly over still counts', async () => {
    expect(await after('skip', 50 * M + 59 * S)).toEqual({ runs: ['running@600', 'missed@3000x4', 'running@3600'], next: 4200 });
  });

  test('run_once: one run for all of them', async () => {
    expect(await after('run_once', 55 * M)).toEqual({ runs: ['running@600', 'missed@3000x4', 'running@3600'], next: 4200 });
    expect(await after('run_once', 9 * M)).toEqual({ runs: ['running@600'], next: 1200 });
  });

  test('run_all: the newest up to the limit', async () => {
    expect(await after('run_all', 55 * M)).toEqual({
      runs: ['running@600', 'missed@1800x2', 'running@2400', 'running@3000', 'running@3600'],
      next: 4200,
    });
    expect(await after('run_all', 25 * M)).toEqual({ runs: ['running@600', 'running@1200', 'running@1800'], next: 2400 });
  });

  test('a single time is made up for, or given up', async () => {
    const r = await rig();
    await r.add({ fire_at_unix_secs: (NOON + M) / S });
    await r.add({ fire_at_unix_secs: (NOON + M) / S, catch_up: 'skip' });
    const later = await r.again(NOON + D);
    expect([later.runs(NOON, 1), later.runs(NOON, 2)]).toEqual([['running@60'], ['missed@60']]);
    expect(later.row(2)).toMatchObject({ enabled: 0, ended: 'fired' });
  });

  test('while it was disabled do not count', async () => {
    const r = await rig();
    await r.add({ every: '10m', catch_up: 'run_all' });
    await r.store.setEnabled(1, false);
    await r.pass(H);
    await r.store.setEnabled(1, true);
    await r.pass(0);
    expect(r.runs(NOON)).toEqual([]);
    await r.pass(10 * M);
    expect(r.runs(NOON)).toEqual(['running@4200']);
  });

  test('that lie behind the end of the schedule do not count either', async () => {
    const r = await rig();
    await r.add({ every: '10m', catch_up: 'run_all', overlap: 'allow', expires_at_unix_secs: (NOON + 25 * M) / S });
    const later = await r.again(NOON + D);
    expect(later.runs(NOON)).toEqual(['running@600', 'running@1200']);
    expect(later.row().ended).toBe('expired');
  });
});

describe('history', () => {
  test('keeps the newest runs, and open ones always', async () => {
    const r = await rig();
    r.limits.historyRuns = 5;
    await r.add({ every: '1m', overlap: 'skip' });
    for (let at = 0; at < 20; at++) await r.pass(M);
    expect(r.runs(NOON)).toEqual(['running@60', 'skipped@960', 'skipped@1020', 'skipped@1080', 'skipped@1140', 'skipped@1200']);
  });

  test('goes with its schedule', async () => {
    const r = await rig();
    await r.add({ every: '1m' });
    await r.pass(M);
    expect([await r.store.remove(1), await r.store.remove(1)]).toEqual([true, false]);
    r.jobs.end(1);
    await r.pass(M);
    expect(r.db.sqlite.query('SELECT count(*) AS count FROM schedule_run').get()).toEqual({ count: 0 });
    expect(r.errors).toEqual([]);
  });
});
