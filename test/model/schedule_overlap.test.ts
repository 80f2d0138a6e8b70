import { describe, expect, test } from 'bun:test';
import { ScheduleRig } from '../helper/schedule_rig';
import { until } from '../helper/until';

const NOON = Date.parse('2026-06-01T12:00:00Z');
const S = 1000;
const M = 60 * S;

const rig = (time = NOON) => new ScheduleRig(time).start();
const settled = (each: ScheduleRig, count: number) => until('the runs are settled', () => each.store.runs.withOpen().length === count);

describe('overlap', () => {
  const three = async (overlap: 'skip' | 'queue' | 'allow' | 'replace') => {
    const r = await rig();
    await r.add({ every: '1m', overlap });
    for (let at = 0; at < 3; at++) await r.pass(M);
    return r;
  };

  test('skip leaves runs out until the job has ended', async () => {
    const r = await three('skip');
    expect(r.runs(NOON)).toEqual(['running@60', 'skipped@120', 'skipped@180']);
    r.jobs.end(1, 'exited', 3);
    await r.pass(M);
    expect(r.runs(NOON)).toEqual(['exited@60', 'skipped@120', 'skipped@180', 'running@240']);
    expect(r.store.history(1, 9, null).at(-1)).toMatchObject({ exit_code: 3, job_id: 1 });
  });

  test('allow runs them beside each other', async () => {
    expect((await three('allow')).runs(NOON)).toEqual(['running@60', 'running@120', 'running@180']);
  });

  test('queue runs them one after the other, also across a crash', async () => {
    const r = await three('queue');
    expect(r.runs(NOON)).toEqual(['running@60', 'waiting@120', 'waiting@180']);
    r.jobs.end(1);
    await until('the second runs', () => r.runs(NOON)[1] === 'running@120');
    // The end of the second is committed, and nobody has heard of it when zd dies.
    r.scheduler.stop();
    r.jobs.end(2);
    const next = await r.again(r.time);
    expect(next.runs(NOON)).toEqual(['exited@60', 'exited@120', 'running@180']);
    next.jobs.end(3);
    await settled(next, 0);
    expect(next.runs(NOON).at(-1)).toBe('exited@180');
  });

  test('queue is bounded', async () => {
    const r = await rig();
    r.limits.historyRuns = 1000;
    await r.add({ every: '1s', overlap: 'queue' });
    for (let at = 0; at < 103; at++) await r.pass(S);
    expect(r.runs(NOON).map((run) => run.split('@')[0])).toEqual(['running', ...Array(100).fill('waiting'), 'skipped', 'skipped']);
  });

  test('replace ends the job and then runs the newest', async () => {
    const r = await rig();
    await r.add({ every: '1m', overlap: 'replace' });
    await r.pass(M);
    await r.pass(M);
    await until('the second runs', () => r.runs(NOON)[1] === 'running@120');
    expect([r.runs(NOON)[0], r.jobs.cancelled]).toEqual(['cancelled@60', [1]]);
  });

  test('replace asks again when zd died before it could ask', async () => {
    const r = await rig();
    await r.add({ every: '1m', overlap: 'replace' });
    await r.pass(M);
    r.jobs.cancel = () => new Promise(() => {});
    await r.pass(M);
    expect(r.runs(NOON)).toEqual(['running@60', 'waiting@120']);
    const next = await r.again(r.time);
    await until('the second runs', () => next.runs(NOON)[1] === 'running@120');
    expect(next.jobs.cancelled).toEqual([1]);
  });

  test('a job that was removed has ended', async () => {
    const r = await three('skip');
    r.jobs.remove(1);
    expect(r.runs(NOON)[0]).toBe('removed@60');
    await r.pass(M);
    expect(r.runs(NOON).at(-1)).toBe('running@240');
  });

  test('disabling gives up what waits', async () => {
    const r = await three('queue');
    await r.store.setEnabled(1, false);
    r.jobs.end(1);
    await settled(r, 0);
    expect(r.runs(NOON)).toEqual(['exited@60', 'skipped@120', 'skipped@180']);
  });

  test('a run at a wish follows the policy and leaves the times alone', async () => {
    const r = await rig();
    const { next_at } = await r.add({ every: '1h' });
    expect(await r.store.runNow(1)).toMatchObject({ cause: 'manual', state: 'running', job_id: 1 });
    expect(r.store.runNow(1)).rejects.toMatchObject({ code: 'busy', detail: { extra: { job_id: 1 } } });
    expect(r.row()).toMatchObject({ next_at, last_at: null, last_job_id: 1 });
    await r.store.setEnabled(1, false);
    r.jobs.end(1);
    expect(await r.store.runNow(1)).toMatchObject({ state: 'running', job_id: 2 });
  });
});
