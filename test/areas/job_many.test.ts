import { beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';
import { until } from '../helper/until';

const JOBS = 500;

let daemon: TestDaemon;
let jobs: JobRig;

beforeAll(async () => {
  daemon = await startDaemon();
  jobs = new JobRig(daemon);
});

/** Ended children that nobody has waited for. */
const zombies = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return state === 'Z' && Number(parent) === daemon.pid;
    } catch {
      return false;
    }
  });

test('five hundred short jobs at once lose no output and leave no zombie', async () => {
  await jobs.ok('group_set', { name: 'many', parallel: JOBS, paused: true });
  const ids = await Promise.all(
    Array.from({ length: JOBS }, (_, at) => jobs.sh(`echo out ${at}; echo err ${at} >&2; exit $((${at} % 3))`, { group: 'many' })),
  );
  await jobs.ok('group_set', { name: 'many', paused: false });
  const ends = await Promise.all(ids.map((id) => jobs.wait(id)));
  expect(ends.map(({ state, exit_code }) => [state, exit_code])).toEqual(ids.map((_, at) => ['exited', at % 3]));
  const texts = await Promise.all(ids.map(async (id) => [await jobs.text(id), await jobs.text(id, true)]));
  expect(texts).toEqual(ids.map((_, at) => [`out ${at}\n`, `err ${at}\n`]));
  if (process.platform === 'linux') await until('every child was waited for', () => zombies().length === 0);
}, 180_000);
