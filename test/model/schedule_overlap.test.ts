import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CATCH_UPS, OVERLAPS } from '../../src/areas/schedule/model';
import type { ZdError } from '../../src/kernel/error';
import { M, NOON, rig, S, type ScheduleRig } from '../helper/schedule_rig';
import { until } from '../helper/until';

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

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3 * M }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), nth: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('now' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove job' as const), nth: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), ms: fc.integer({ min: 0, max: 4 * M }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('toggle' as const) }) },
);

for (const overlap of OVERLAPS) {
  test(`${overlap}: whatever happens, runs and jobs belong together and keep the policy`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.constantFrom(...CATCH_UPS), async (steps, catch_up) => {
        let r = await rig();
        await r.add({ every: '1m', overlap, catch_up, catch_up_limit: 4 });
        const calm = () => until('every end is noted', () => !r.store.firing.needsResume(1));
        for (const each of steps) {
          const active = r.store.runs.activeJobs();
          if (each.do === 'pass') await r.pass(each.ms);
          else if (each.do === 'now') await r.store.runNow(1).catch((error: ZdError) => expect(error.code).toBe('busy'));
          else if (each.do === 'toggle') await r.store.setEnabled(1, r.row().enabled === 0);
          else if (each.do === 'crash') r = await r.again(r.time + each.ms);
          else if (active.length > 0) {
            const job = active[each.nth % active.length]!;
            if (each.do === 'end') r.jobs.end(job);
            else {
              r.jobs.end(job);
              r.jobs.remove(job);
            }
          }
          await calm();
          const open = r.store.runs.open(1);
          if (overlap !== 'allow') expect(open.filter((run) => run.state === 'active').length).toBeLessThanOrEqual(1);
          if (overlap === 'skip' || overlap === 'allow') expect(open.filter((run) => run.state === 'waiting')).toEqual([]);
        }
        for (let job = r.store.runs.activeJobs()[0]; job !== undefined; job = r.store.runs.activeJobs()[0]) {
          r.jobs.end(job);
          await until('its end is noted', () => !r.store.runs.activeJobs().includes(job!));
          await calm();
        }
        expect(r.store.runs.open(1)).toEqual([]);
        const history = r.store.history(1, 1000, null).toReversed();
        const times = history.filter((run) => run.cause === 'time').map((run) => run.scheduled_at);
        expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
        const jobs = history.flatMap((run) => run.job_id ?? []);
        expect(new Set(jobs).size).toBe(jobs.length);
        expect(r.jobs.drafts.map((job) => job.id).filter((id) => !jobs.includes(id))).toEqual([]);
        expect(r.errors).toEqual([]);
        r.close();
      }),
      { numRuns: 25 },
    );
  }, 60_000);
}
