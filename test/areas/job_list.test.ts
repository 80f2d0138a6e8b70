import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';

let daemon: TestDaemon;
let jobs: JobRig;
beforeAll(async () => {
  daemon = await startDaemon();
  jobs = new JobRig(daemon);
  await jobs.ok('group_set', { name: 'held', paused: true });
});

/** Every list, asked for twice, shows each job as it is by itself. */
async function agree(filter: object = {}): Promise<any[]> {
  await jobs.ok('job_list', filter);
  const { jobs: listed } = await jobs.ok('job_list', filter);
  for (const shown of listed) {
    const { job } = await jobs.ok('job_status', { id: shown.id });
    const clockless = (each: any) => ({ ...each, duration_ms: each.finished_at === null ? null : each.duration_ms });
    expect(clockless(shown)).toEqual(clockless(job));
  }
  return listed;
}

test('a list shows what became of a job since the last list', async () => {
  const states = async (id: number) => (await agree()).find((job) => job.id === id)?.state;
  const waiting = await jobs.submit(['sleep', '1000'], { group: 'held', tags: ['kept'] });
  const first = await jobs.sh('echo out; exit 3', { tags: ['kept', 'other'] });
  await jobs.wait(first);
  expect([await states(waiting), await states(first)]).toEqual(['queued', 'exited']);
  await jobs.ok('job_pause', { id: waiting });
  expect(await states(waiting)).toBe('paused');
  await jobs.ok('job_resume', { id: waiting });
  expect(await states(waiting)).toBe('queued');
  await jobs.ok('group_set', { name: 'held', paused: false });
  await jobs.state(waiting, 'running');
  expect(await states(waiting)).toBe('running');
  await jobs.ok('job_pause', { id: waiting });
  expect(await states(waiting)).toBe('paused');
  await jobs.ok('job_resume', { id: waiting });
  expect((await agree({ tag: 'kept' })).map((job) => job.id)).toEqual([first, waiting]);
  await jobs.ok('job_cancel', { id: waiting });
  expect(await states(waiting)).toBe('cancelled');
  expect((await agree({ state: 'exited' })).map((job) => job.id)).toContain(first);
  await jobs.ok('job_remove', { id: first });
  expect(await states(first)).toBeUndefined();
  expect(await agree({ tag: 'other' })).toEqual([]);
});

test('a job that failed and is tried again is listed with its next try, then with its end', async () => {
  const id = await jobs.sh('exit 1', { retries: 1, backoff_secs: 1 });
  await jobs.ok('job_list');
  await jobs.wait(id);
  expect((await agree()).find((job) => job.id === id)).toMatchObject({ state: 'exited', attempt: 2, exit_code: 1, next_at: null });
});

test('what waited for a job is listed as skipped when that one failed', async () => {
  await jobs.ok('group_set', { name: 'later', paused: true });
  const gate = await jobs.sh('exit 1', { group: 'later' });
  const behind = await jobs.sh('exit 0', { after: [gate] });
  expect((await agree()).find((job) => job.id === behind)?.state).toBe('queued');
  await jobs.ok('group_set', { name: 'later', paused: false });
  await jobs.wait(behind);
  expect((await agree()).find((job) => job.id === behind)?.state).toBe('skipped');
});
