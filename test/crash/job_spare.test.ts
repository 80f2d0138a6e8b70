import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { startDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';

const lines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);

/** The first job has a wrapper of its own, the second the one that was made ahead. */
const POINTS = ['job.before_tell=kill@1', 'job.after_spawn=kill@2', 'job.before_finish=kill@2', 'job.after_finish=kill@2', 'job.before_spawn=kill@2'];

test.each(POINTS)('killed at %s: a job with a wrapper made ahead exists once, has run once and has its exit code', async (point) => {
  const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: point } });
  const jobs = new JobRig(daemon);
  await jobs.spare();
  const file = `${daemon.home}/runs`;
  const sent = daemon.call('job_submit', { command: ['/bin/sh', '-c', `echo run >>${file}; exit 7`], cwd: '/' }).catch(() => null);
  await daemon.ended();
  const answer = await sent;
  await daemon.restart({});
  const [job, ...others] = (await jobs.ok('job_list')).jobs as { id: number }[];
  expect([job!.id, others.map(({ id }) => id)]).toEqual([2, [1]]);
  if (answer) expect(answer.body.job_id).toBe(2);
  expect(await jobs.wait(2)).toMatchObject({ state: 'exited', exit_code: 7 });
  expect(lines(file)).toEqual(['run']);
});

test('a running job whose wrapper was made ahead goes on without its daemon', async () => {
  const daemon = await startDaemon();
  const jobs = new JobRig(daemon);
  await jobs.spare();
  const id = await jobs.sh(`echo up; while [ ! -e ${daemon.home}/go ]; do sleep 0.02; done; exit 9`);
  await jobs.wrote(id, 'up');
  const { pid } = await jobs.job(id);
  await daemon.kill();
  await daemon.restart();
  expect(await jobs.job(id)).toMatchObject({ state: 'running', pid });
  await Bun.write(`${daemon.home}/go`, '');
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 9 });
});
