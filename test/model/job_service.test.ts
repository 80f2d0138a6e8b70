import { afterAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ZdError } from '../../src/kernel/error';
import { Settlement } from '../../src/areas/job/settle';
import { JobTable } from '../../src/areas/job/table';
import { JobService } from '../helper/job_rig';
import { until } from '../helper/until';

const rig = new JobService();
await rig.jobs.start();
afterAll(() => rig.close());
const { db, jobs, events } = rig;
const caller = { source: 'test' };

test('a job enqueued in a write exists exactly when the write does, and starts after it', async () => {
  const before = jobs.list({ limit: 1 }, Date.now()).length;
  const failing = db.write(() => {
    jobs.enqueue({ command: ['true'], cwd: '/', group: 'never' }, caller);
    throw new ZdError('conflict');
  });
  expect(await failing.catch((error: ZdError) => error.code)).toBe('conflict');
  expect(jobs.list({ limit: 10 }, Date.now()).length).toBe(before);
  const [one, two] = await Promise.all([
    db.write(() => {
      events.append({ kind: 'test', scope: 'test', topic: 'fire', source: 'test', data: null });
      return jobs.enqueue({ command: ['sh', '-c', 'exit 6'], cwd: '/', group: 'fires' }, caller);
    }),
    db.write(() => jobs.enqueue({ command: ['no-such-program'], cwd: '/no/such/folder', group: 'fires' }, caller)),
  ]);
  expect(await jobs.wait(one.jobId, 10_000)).toMatchObject({ state: 'exited', exit_code: 6 });
  expect(await jobs.wait(two.jobId, 10_000)).toMatchObject({ state: 'failed', error: 'the folder /no/such/folder does not exist' });
  expect(jobs.groups().map((group) => group.name)).toEqual(['fires']);
});

test('a job enqueued into a free place runs with the commit, takes no place when that fails, and leaves the others their turn', async () => {
  await jobs.setGroup('three', { parallel: 3 });
  const job = { command: ['sleep', '100'], cwd: '/', group: 'three' };
  const failing = db.write(() => {
    jobs.enqueue(job, caller);
    throw new ZdError('conflict');
  });
  expect(await failing.catch((error: ZdError) => error.code)).toBe('conflict');
  const ids = await db.write(() => [1, 2, 3, 4].map(() => jobs.enqueue(job, caller).jobId));
  expect(ids.map((id) => jobs.get(id).state)).toEqual(['running', 'running', 'running', 'queued']);
  expect(jobs.groups().find(({ name }) => name === 'three')).toMatchObject({ queued: 1, running: 3 });
  await jobs.cancel(ids[0]!, 5000);
  await until('the fourth runs', () => jobs.get(ids[3]!).state === 'running');
  await Promise.all(ids.map((id) => jobs.cancel(id, 5000)));
});

test('a job that is cancelled between the decision to start it and its process is ended', async () => {
  let cancelled: Promise<unknown> | undefined;
  let id = 0;
  // Hears of the commit before whoever asked for the write does.
  db.onCommit(() => {
    if (id !== 0) cancelled ??= jobs.cancel(id, 5000);
  });
  await db.write(() => ({ jobId: id } = jobs.enqueue({ command: ['sleep', '100'], cwd: '/', group: 'early' }, caller)));
  await cancelled;
  expect(jobs.get(id)).toMatchObject({ state: 'cancelled' });
});

test('a job tells once that it starts, before what it writes and that it is over, however short it is', async () => {
  const ids = await Promise.all(
    ['true', 'sleep 0.05'].map(async (text) => (await jobs.submit({ command: ['sh', '-c', `echo up; ${text}`] }, caller)).jobId),
  );
  for (const id of ids) {
    await jobs.wait(id, 10_000);
    const told = db.sqlite.query<{ topic: string }, [string]>('SELECT topic FROM event WHERE scope = ? ORDER BY seq').all(`job:${id}`);
    expect(told.map(({ topic }) => topic)).toEqual(['start', 'stdout', 'complete']);
  }
});

test('one that is submitted while another takes a place is not forgotten', async () => {
  await jobs.setGroup('pair', { parallel: 2 });
  const job = { command: ['sleep', '100'], cwd: '/', group: 'pair' };
  const [one, two] = await Promise.all([db.write(() => jobs.enqueue(job, caller)), jobs.submit(job, caller)]);
  await until('both run', () => jobs.get(one.jobId).state === 'running' && jobs.get(two.jobId).state === 'running');
  await Promise.all([one, two].map(({ jobId }) => jobs.cancel(jobId, 5000)));
});

test('a write that fails beside it runs the job once', async () => {
  const results = await Promise.allSettled([
    db.write(() => jobs.enqueue({ command: ['true'], cwd: '/', tags: ['beside'] }, caller)),
    db.write(() => {
      throw new ZdError('conflict');
    }),
  ]);
  expect(results.map((each) => each.status)).toEqual(['fulfilled', 'rejected']);
  expect(jobs.list({ tag: 'beside', limit: 10 }, Date.now())).toHaveLength(1);
});

/** Jobs that wait for earlier ones, and how each ends if it runs. */
const plans = fc.array(fc.record({ after: fc.array(fc.nat(20), { maxLength: 4 }), code: fc.constantFrom(0, 0, 1) }), { minLength: 1, maxLength: 12 });

test('dependencies: ready when all succeeded, skipped when any did not, whatever the order', async () => {
  const table = new JobTable(db, () => {});
  const settlement = new Settlement(table, events, { now: () => Date.now(), monotonic: () => 0 });
  await jobs.setGroup('model', { paused: true });
  await fc.assert(
    fc.asyncProperty(plans, fc.infiniteStream(fc.nat(1000)), async (plan, picks) => {
      const ids: number[] = [];
      for (const { after } of plan) {
        const dependencies = ids.length === 0 ? [] : [...new Set(after.map((at) => ids[at % ids.length]!))];
        ids.push((await db.write(() => jobs.enqueue({ command: ['true'], group: 'model', after: dependencies }, caller))).jobId);
      }
      const after = (at: number) => [...new Set(plan[at]!.after)].filter(() => at > 0).map((each) => each % at);
      const model = plan.map(() => 'queued');
      for (;;) {
        const ready = model.flatMap((state, at) => (state === 'queued' && after(at).every((each) => model[each] === 'good') ? [at] : []));
        expect(table.ready('model', Date.now(), 100)).toEqual(ready.map((at) => ids[at]!));
        if (ready.length === 0) break;
        const chosen = ready[picks.next().value! % ready.length]!;
        const { code } = plan[chosen]!;
        await db.write(() =>
          settlement.settle({
            id: ids[chosen]!,
            launch: null,
            end: { state: 'exited', exitCode: code, signal: null, error: null },
            leftovers: [],
            sizes: { stdout: 0, stderr: 0 },
            news: [],
          }),
        );
        model[chosen] = code === 0 ? 'good' : 'bad';
        for (let changed = true; changed;) {
          changed = false;
          model.forEach((state, at) => {
            if (state !== 'queued' || !after(at).some((each) => model[each] === 'bad' || model[each] === 'skipped')) return;
            model[at] = 'skipped';
            changed = true;
          });
        }
        expect(ids.map((id) => jobs.get(id).state)).toEqual(model.map((state) => (state === 'good' || state === 'bad' ? 'exited' : state)) as never);
      }
      // Nothing hangs: a job that waits for what is over is started or skipped.
      expect(model).not.toContain('queued');
    }),
    { numRuns: 40 },
  );
});
