import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

interface Run {
  readonly run_id: number;
  readonly scheduled_at_ns: number;
  readonly state: string;
  readonly occurrences: number;
  readonly job_id: number | null;
}

const ok = async (daemon: TestDaemon, op: string, input: unknown) => {
  const { status, body } = await daemon.call(op, input);
  expect([status, body.msg]).toEqual([200, undefined]);
  return body;
};

/** The whole history, oldest first. */
const history = async (daemon: TestDaemon, id: number): Promise<Run[]> =>
  (await ok(daemon, 'schedule_history', { id, limit: 1000 })).runs.toReversed();

/** Every second from the first run to the last has one run, and every run one job of its own. */
async function everySecondOnce(daemon: TestDaemon, id: number): Promise<Run[]> {
  await ok(daemon, 'schedule_disable', { id });
  const runs = await history(daemon, id);
  const first = runs[0]!.scheduled_at_ns;
  expect(runs.map((run) => (run.scheduled_at_ns - first) / 1e9)).toEqual(runs.map((_, at) => at));
  const { jobs } = await ok(daemon, 'job_list', { tag: `schedule:${id}`, limit: 1000 });
  expect(runs.map((run) => run.job_id)).toEqual(jobs.map((job: { id: number }) => job.id).toSorted((a: number, b: number) => a - b));
  return runs;
}

// A job with a free place is stored as started by the write that fires it, so what comes between that and its process counts too.
const POINTS = ['schedule.before_fire', 'schedule.enqueued', 'storage.before_commit', 'storage.after_commit', 'job.before_spawn', 'job.after_spawn'];

for (const [at, point] of POINTS.entries()) {
  test(`a death at ${point} loses no run and doubles none`, async () => {
    const daemon = await startDaemon({ source: true });
    const { schedule_id: id } = await ok(daemon, 'schedule_add', {
      every: '1s',
      command: ['true'],
      catch_up: 'run_all',
      catch_up_limit: 100,
      overlap: 'allow',
    });
    await until('the first run', async () => (await history(daemon, id)).length > 0);
    for (const nth of [1, 2]) {
      // Storage points also pass commits that are none of ours, so they die at one or another of a run's commits.
      await daemon.restart({ ZD_FAILPOINTS: `${point}=kill@${point.startsWith('storage') ? nth * 2 + at : nth}` }).then(
        () => daemon.ended(),
        () => daemon.ended(),
      );
      await daemon.restart({});
    }
    const before = (await history(daemon, id)).length;
    await until('it goes on', async () => (await history(daemon, id)).length > before);
    await everySecondOnce(daemon, id);
    await until('every job has run', async () => (await history(daemon, id)).every(({ state }) => state === 'exited'));
  }, 180_000);
}

test('kill -9 at any moment keeps every acknowledged schedule, and its runs are whole', async () => {
  const daemon = await startDaemon();
  const ids: number[] = [];
  for (let round = 0; round < 4; round++) {
    const { schedule_id } = await ok(daemon, 'schedule_add', {
      every: '1s',
      command: ['true'],
      catch_up: 'run_all',
      catch_up_limit: 100,
      overlap: 'allow',
      name: `round ${round}`,
    });
    ids.push(schedule_id);
    await until('a run of the newest', async () => (await history(daemon, schedule_id)).length > round % 2);
    await daemon.kill();
    await daemon.restart();
  }
  const { schedules } = await ok(daemon, 'schedule_list', {});
  expect(schedules.map((each: { id: number }) => each.id)).toEqual(ids);
  for (const id of ids) await everySecondOnce(daemon, id);
}, 180_000);
