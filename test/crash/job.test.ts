import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig, processesWith } from '../helper/jobs';
import { until } from '../helper/until';

const NOTHING: Record<string, string> = {};
const lines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);

/** Submits without caring whether the answer still comes. */
async function attempt(daemon: TestDaemon, command: readonly string[], rest: object = {}): Promise<number | null> {
  try {
    const { status, body } = await daemon.call('job_submit', { command, cwd: '/', ...rest });
    return status === 200 ? body.job_id : null;
  } catch {
    return null;
  }
}

const DIRECT = [
  'storage.before_commit',
  'storage.after_commit',
  'job.after_commit',
  'job.before_spawn',
  'job.after_spawn',
  'job.before_finish',
  'job.after_finish',
];
const QUEUED = ['job.before_claim', 'job.after_claim', 'job.before_spawn', 'job.after_spawn', 'job.before_finish', 'job.after_finish'];

/** One with a key starts after the sync, one without beside it. */
for (const [point, rest] of DIRECT.flatMap((each) => [[each, {}] as const, [each, { idempotency_key: 'once' }] as const])) {
  test(`killed at ${point}: a job${'idempotency_key' in rest ? ' with a key' : ''} that was acknowledged exists once, has run once and has its exit code`, async () => {
    const daemon = await startDaemon({ source: true });
    await daemon.restart({ ZD_FAILPOINTS: `${point}=kill@+1` });
    const file = `${daemon.home}/runs`;
    const id = await attempt(daemon, ['/bin/sh', '-c', `echo run >>${file}; exit 7`], rest);
    await daemon.ended();
    await daemon.restart(NOTHING);
    const jobs = new JobRig(daemon);
    const all = (await jobs.ok('job_list')).jobs as { id: number }[];
    if (id !== null) expect(all.map((each) => each.id)).toEqual([id]);
    expect(all.length).toBeLessThanOrEqual(1);
    for (const { id: each } of all) expect(await jobs.wait(each)).toMatchObject({ state: 'exited', exit_code: 7 });
    expect(lines(file)).toEqual(all.map(() => 'run'));
  });
}

for (const keyed of [false, true]) {
  test(`killed between a commit and its sync: each job ${keyed ? 'with a key ' : ''}exists once and has run once`, async () => {
    const daemon = await startDaemon({ source: true });
    // The first ones after a start may be its own upkeep.
    await daemon.restart({ ZD_FAILPOINTS: 'storage.sync=kill@+6' });
    const file = `${daemon.home}/runs`;
    const acknowledged: number[] = [];
    for (let at = 0, id: number | null = 0; id !== null; at++) {
      id = await attempt(daemon, ['/bin/sh', '-c', `echo $ZD_JOB_ID >>${file}; exit 7`], keyed ? { idempotency_key: `key-${at}` } : {});
      if (id !== null) acknowledged.push(id);
    }
    await daemon.ended();
    await daemon.restart(NOTHING);
    const jobs = new JobRig(daemon);
    const all = (await jobs.ok('job_list')).jobs.map((each: { id: number }) => each.id).toSorted((a: number, b: number) => a - b);
    expect(all).toEqual(expect.arrayContaining(acknowledged));
    for (const id of all) expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 7 });
    expect(lines(file).toSorted((a, b) => Number(a) - Number(b))).toEqual(all.map(String));
  });
}

for (const point of QUEUED) {
  test(`killed at ${point}: queued jobs all run once`, async () => {
    const daemon = await startDaemon({ source: true });
    let jobs = new JobRig(daemon);
    await jobs.ok('group_set', { name: 'q', paused: true, parallel: 3 });
    const file = `${daemon.home}/runs`;
    const ids: number[] = [];
    for (let at = 0; at < 7; at++) ids.push(await jobs.sh(`echo ${at} >>${file}; exit ${at}`, { group: 'q' }));
    await daemon.restart({ ZD_FAILPOINTS: `${point}=kill@2` });
    await daemon.call('group_set', { name: 'q', paused: false }).catch(() => {});
    await daemon.ended();
    await daemon.restart(NOTHING);
    jobs = new JobRig(daemon);
    await jobs.ok('group_set', { name: 'q', paused: false });
    const ends = await Promise.all(ids.map((id) => jobs.wait(id)));
    expect(ends.map((end) => [end.state, end.exit_code])).toEqual(ids.map((_, at) => ['exited', at]));
    expect(lines(file).toSorted()).toEqual(ids.map((_, at) => String(at)));
  });
}

test('killed again and again while jobs come: each acknowledged one runs once', async () => {
  const daemon = await startDaemon();
  const file = `${daemon.home}/runs`;
  const acknowledged: number[] = [];
  for (let round = 0; round < 4; round++) {
    let dead = false;
    const writer = async () => {
      while (!dead) {
        const id = await attempt(daemon, ['/bin/sh', '-c', `echo $ZD_JOB_ID >>${file}; exit 3`]);
        if (id === null) dead = true;
        else acknowledged.push(id);
      }
    };
    const writers = [writer(), writer(), writer()];
    await until('some are acknowledged', () => acknowledged.length >= 15 * (round + 1));
    await daemon.kill();
    await Promise.all(writers);
    await daemon.restart();
  }
  const jobs = new JobRig(daemon);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
  for (const id of acknowledged) expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 3 });
  const all = (await jobs.ok('job_list', { limit: 10_000 })).jobs.map((each: { id: number }) => String(each.id));
  for (const id of all) await jobs.wait(Number(id));
  expect(lines(file).toSorted()).toEqual(all.toSorted());
});

test('a running job goes on without its daemon, and can be followed, cancelled and waited for by the next', async () => {
  const daemon = await startDaemon();
  const jobs = new JobRig(daemon);
  const go = `${daemon.home}/go`;
  const talker = await jobs.sh(`n=0; while [ ! -e ${go} ]; do n=$((n+1)); echo $n; sleep 0.05; done; exit 9`);
  const timed = await jobs.sh('sleep 1000', { timeout_secs: 1.5 });
  const stubborn = await jobs.sh(`trap '' TERM; echo ready; sleep 1000 & sleep 1001; sleep 1002`);
  const paused = await jobs.sh('echo up; sleep 1003');
  const waiting = await jobs.sh('echo after', { after: [talker] });
  await jobs.wrote(stubborn, 'ready');
  await jobs.wrote(talker, '1');
  // Stopped before its wrapper listens to signals, it would end without a code.
  await jobs.wrote(paused, 'up');
  await jobs.ok('job_pause', { id: paused });
  const { pid } = await jobs.job(talker);
  await daemon.kill();
  await daemon.restart();
  const again = await jobs.job(talker);
  expect([again.state, again.pid]).toEqual(['running', pid]);
  await until('it goes on writing', async () => (await jobs.job(talker)).stdout_bytes > again.stdout_bytes);
  await Bun.write(go, '');
  expect((await jobs.job(paused)).state).toBe('paused');
  expect(await jobs.wait(talker)).toMatchObject({ state: 'exited', exit_code: 9 });
  const numbers = (await jobs.text(talker)).trim().split('\n').map(Number);
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  expect(await jobs.wait(waiting)).toMatchObject({ state: 'skipped' });
  expect(await jobs.ok('job_cancel', { id: stubborn, grace_ms: 50 })).toMatchObject({ state: 'cancelled', exit_code: 137, leftovers: [] });
  expect(await jobs.wait(timed)).toMatchObject({ state: 'timed_out', exit_code: 143 });
  await jobs.ok('job_resume', { id: paused });
  expect(await jobs.ok('job_cancel', { id: paused })).toMatchObject({ state: 'cancelled', exit_code: 143 });
});

test('a cancel that a crash cut short is carried out by the next daemon', async () => {
  const daemon = await startDaemon();
  const jobs = new JobRig(daemon);
  const mark = `mark-${Bun.randomUUIDv7()}`;
  const id = await jobs.sh(`trap '' TERM; echo ready; sleep 1000; sleep 1001`, { env: { MARK: mark } });
  await jobs.wrote(id, 'ready');
  const cancelling = daemon.call('job_cancel', { id, grace_ms: 60_000 }).catch(() => null);
  // The decision is stored when the first sleep has been hit by TERM: it does not ignore it for long enough to wait for time.
  await until('the decision is stored', () => lines(`${daemon.home}/jobs/${id}/run.1`).length >= 1);
  for (let at = 0; at < 5; at++) await jobs.job(id);
  await daemon.kill();
  await cancelling;
  await daemon.restart();
  expect(await jobs.wait(id)).toMatchObject({ state: 'cancelled', exit_code: 137 });
  expect(processesWith(mark)).toEqual([]);
});

test('what ended while no daemon was there has its code; what nobody saw is interrupted', async () => {
  const daemon = await startDaemon();
  const jobs = new JobRig(daemon);
  const seen = await jobs.sh(`while [ ! -e ${daemon.home}/go ]; do sleep 0.02; done; exit 11`);
  const lost = await jobs.submit(['sleep', '1000'], { retries: 3 });
  const { pid } = await jobs.state(lost, 'running');
  expect(pid).toBeGreaterThan(1);
  await jobs.state(seen, 'running');
  await daemon.kill();
  process.kill(-pid, 'SIGKILL');
  await Bun.write(`${daemon.home}/go`, '');
  await until('it has written its status', () => lines(`${daemon.home}/jobs/${seen}/run.1`).includes('exit 11'));
  await daemon.restart();
  expect(await jobs.job(seen)).toMatchObject({ state: 'exited', exit_code: 11 });
  expect(await jobs.job(lost)).toMatchObject({ state: 'interrupted', exit_code: null, error: expect.stringContaining('no zd') });
});

test('numbers are never given twice, also after everything was removed and the daemon killed', async () => {
  const daemon = await startDaemon();
  const jobs = new JobRig(daemon);
  const id = await jobs.submit(['true']);
  await jobs.wait(id);
  await jobs.ok('job_clean');
  await daemon.kill();
  await daemon.restart();
  expect(await jobs.submit(['true'])).toBe(id + 1);
});

test('a job that is paused before its start was noted is paused still after a crash, and not held as if it had not begun', async () => {
  const daemon = await startDaemon();
  const jobs = new JobRig(daemon);
  // Asked for in one turn, so that the pause comes as early as one can.
  const id = (await jobs.submit(['true'])) + 1;
  const [{ body }, paused] = await Promise.all([
    daemon.call('job_submit', { command: ['sleep', '1000'], cwd: '/' }),
    until('it is there', async () => {
      const { status, body: told } = await daemon.call('job_pause', { id });
      return status === 200 && told;
    }),
  ]);
  expect([body.job_id, paused.state]).toEqual([id, 'paused']);
  const { pid } = await jobs.job(id);
  await daemon.kill();
  await daemon.restart();
  expect(pid).toBeGreaterThan(1);
  expect(await jobs.job(id)).toMatchObject({ state: 'paused', pid });
  expect((await jobs.ok('job_cancel', { id, grace_ms: 0 })).leftovers).toEqual([]);
});
