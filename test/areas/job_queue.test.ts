import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig, processesWith } from '../helper/jobs';
import { until } from '../helper/until';

let daemon: TestDaemon;
let jobs: JobRig;
beforeAll(async () => {
  daemon = await startDaemon();
  jobs = new JobRig(daemon);
});

const group = async (name: string) => (await jobs.ok('group_list')).groups.find((each: { name: string }) => each.name === name);

test('a group runs as many as it may, best first', async () => {
  await jobs.ok('group_set', { name: 'one', parallel: 1, paused: true });
  const file = `${daemon.home}/order`;
  const add = (word: string, priority: number) => jobs.sh(`echo ${word} >>${file}`, { group: 'one', priority });
  const ids = [await add('b1', 0), await add('c', -1), await add('a', 5), await add('b2', 0)];
  expect(await group('one')).toEqual({ name: 'one', parallel: 1, slots: 1, paused: true, queued: 4, running: 0 });
  expect((await jobs.job(ids[0]!)).started_at).toBeNull();
  await jobs.ok('group_set', { name: 'one', paused: false });
  await Promise.all(ids.map((id) => jobs.wait(id)));
  expect(await Bun.file(file).text()).toBe('a\nb1\nb2\nc\n');
});

test('no more than its places run at once; a wider group starts more', async () => {
  await jobs.ok('group_set', { name: 'two', parallel: 2 });
  const ids = await Promise.all([1, 2, 3, 4].map(() => jobs.submit(['sleep', '1000'], { group: 'two' })));
  await until('two run', async () => (await group('two')).running === 2);
  expect((await group('two')).queued).toBe(2);
  const set = await jobs.ok('group_set', { name: 'two', parallel: 3 });
  expect(set.group.slots).toBe(3);
  await until('three run', async () => (await group('two')).running === 3);
  expect((await jobs.ok('group_set', { name: 'two', parallel: 0 })).group).toMatchObject({ parallel: null, slots: 256 });
  await until('all run', async () => (await group('two')).running === 4);
  await Promise.all(ids.map((id) => jobs.ok('job_cancel', { id })));
});

test('a job waits for others, and is skipped with all behind it when one fails', async () => {
  const gate = await jobs.submit(['sleep', '1000']);
  const after = await jobs.sh('exit 0', { after: [gate] });
  const last = await jobs.sh('exit 0', { after: [after, gate] });
  expect([(await jobs.job(after)).state, (await jobs.job(last)).after]).toEqual(['queued', [after, gate]]);
  await jobs.ok('job_kill', { id: gate });
  expect(await jobs.wait(last)).toMatchObject({ state: 'skipped', exit_code: null, error: `job ${gate}, which it waits for, did not succeed` });
  expect((await jobs.job(after)).state).toBe('skipped');

  const first = await jobs.sh('exit 0');
  const second = await jobs.sh('exit 0', { after: [first] });
  expect((await jobs.wait(second)).state).toBe('exited');
  expect((await jobs.wait(await jobs.sh('exit 0', { after: [first, second] }))).state).toBe('exited');
  expect((await jobs.wait(await jobs.sh('exit 0', { after: [gate] }))).state).toBe('skipped');
});

test('no job can wait for itself or for one that is not there yet, so there are no circles', async () => {
  const id = await jobs.sh('exit 0');
  expect(await jobs.fails('job_submit', { command: ['true'], after: [id + 1] })).toEqual([404, 'no_job', '/after/0']);
});

test('a program may be made by the job that comes first', async () => {
  const file = `${daemon.home}/made`;
  await jobs.ok('group_set', { name: 'making', paused: true });
  const maker = await jobs.sh(`printf '#!/bin/sh\\necho made' >${file}; chmod +x ${file}`, { group: 'making' });
  const user = await jobs.submit([file], { after: [maker] });
  const lost = await jobs.submit([`${file}-not`], { after: [maker] });
  await jobs.ok('group_set', { name: 'making', paused: false });
  await jobs.wait(user);
  expect(await jobs.text(user)).toBe('made\n');
  expect(await jobs.wait(lost)).toMatchObject({ state: 'failed', exit_code: null, error: expect.stringContaining('there is no program') });
});

test('a failure is tried again with growing waits, in the same job', async () => {
  const file = `${daemon.home}/tries`;
  const id = await jobs.sh(`echo x >>${file}; echo try; [ $(wc -l <${file}) -ge 3 ]`, { retries: 5, backoff_secs: 0.05 });
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 0 });
  expect(await jobs.job(id)).toMatchObject({ attempt: 3 });
  expect(await jobs.text(id)).toBe('try\ntry\ntry\n');
  const bad = await jobs.sh('exit 9', { retries: 1, backoff_secs: 0 });
  expect(await jobs.wait(bad)).toMatchObject({ state: 'exited', exit_code: 9 });
  expect((await jobs.job(bad)).attempt).toBe(2);
  const slow = await jobs.sh('exit 9', { retries: 1, backoff_secs: 3600 });
  expect((await jobs.state(slow, 'queued')).next_at).toBeString();
  expect(await jobs.ok('job_cancel', { id: slow })).toMatchObject({ state: 'cancelled', exit_code: null });
  const killed = await jobs.submit(['sleep', '1000'], { retries: 3, backoff_secs: 0 });
  await jobs.ok('job_kill', { id: killed });
  expect(await jobs.wait(killed)).toMatchObject({ state: 'killed', exit_code: 143 });
});

test('a job that takes too long is ended as a whole', async () => {
  const mark = `mark-${Bun.randomUUIDv7()}`;
  const id = await jobs.sh(`trap '' TERM; sleep 1000 & sleep 1001; sleep 1002`, { timeout_secs: 0.2, env: { MARK: mark } });
  // TERM is ignored by all of it, so KILL has to come.
  expect(await jobs.wait(id)).toMatchObject({ state: 'timed_out' });
  expect(processesWith(mark)).toEqual([]);
});

test('cancel ends forks, other sessions and what closes its descriptors', async () => {
  const mark = `mark-${Bun.randomUUIDv7()}`;
  const script = `
    trap '' TERM HUP
    (sleep 1000 & sleep 1001) >/dev/null 2>&1 <&- &
    setsid sh -c 'trap "" TERM; exec >&- 2>&-; sleep 1002; sleep 1003' &
    set -m; sleep 1004 &
    echo ready; sleep 1005; sleep 1006`;
  const id = await jobs.sh(script, { env: { MARK: mark } });
  await jobs.wrote(id, 'ready');
  await until('all of it runs', () => processesWith(mark).length >= 6);
  const ended = await jobs.ok('job_cancel', { id, grace_ms: 50 });
  expect(ended).toMatchObject({ state: 'cancelled', leftovers: [] });
  expect(processesWith(mark)).toEqual([]);
});

test('what a job leaves behind is named', async () => {
  const id = await jobs.sh('sleep 1007 >/dev/null 2>&1 & while ! grep -q ^sleep /proc/$!/cmdline; do :; done; exit 0');
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 0 });
  const { leftovers } = await jobs.job(id);
  expect(leftovers).toEqual([{ pid: expect.any(Number), command: 'sleep 1007' }]);
  process.kill(leftovers[0].pid, 'SIGKILL');
});

test('a job that exits well on TERM has exited; its signals arrive', async () => {
  const polite = await jobs.sh('trap "exit 0" TERM; echo ready; while :; do sleep 0.02; done');
  await jobs.wrote(polite, 'ready');
  expect(await jobs.ok('job_cancel', { id: polite })).toMatchObject({ state: 'exited', exit_code: 0 });
  const heard = await jobs.sh('trap "echo usr1" USR1; echo ready; while :; do sleep 0.02; done');
  await jobs.wrote(heard, 'ready');
  expect(await jobs.ok('job_kill', { id: heard, signal: 'SIGUSR1' })).toMatchObject({ killed: true });
  await jobs.wrote(heard, 'usr1');
  expect(await jobs.fails('job_kill', { id: heard, signal: 'SIGWINCH' })).toEqual([400, 'bad_args', '/signal']);
  expect(await jobs.fails('job_kill', { id: heard, signal: '9' })).toEqual([400, 'bad_args', '/signal']);
  await jobs.ok('job_kill', { id: heard, signal: 'KILL' });
  expect(await jobs.wait(heard)).toMatchObject({ state: 'killed', exit_code: 137 });
  expect(await jobs.ok('job_kill', { id: heard })).toMatchObject({ killed: false });
});

test('a paused job stands still, a held one does not start', async () => {
  const id = await jobs.sh('while :; do echo x; sleep 0.02; done');
  await jobs.wrote(id, 'x');
  expect((await jobs.ok('job_pause', { id })).state).toBe('paused');
  const { pid } = await jobs.job(id);
  await until('it is stopped', () => /\) T /.test(require('node:fs').readFileSync(`/proc/${pid}/stat`, 'latin1')));
  expect((await jobs.ok('job_resume', { id })).state).toBe('running');
  const { stdout_bytes } = await jobs.job(id);
  await until('it goes on', async () => (await jobs.job(id)).stdout_bytes > stdout_bytes);
  await jobs.ok('job_pause', { id });
  expect(await jobs.ok('job_cancel', { id })).toMatchObject({ state: 'cancelled' });
  expect((await jobs.ok('job_pause', { id })).state).toBe('cancelled');
  expect((await jobs.ok('job_resume', { id })).state).toBe('cancelled');

  await jobs.ok('group_set', { name: 'held', paused: true });
  const held = await jobs.sh('exit 0', { group: 'held' });
  expect((await jobs.ok('job_pause', { id: held })).state).toBe('paused');
  await jobs.ok('group_set', { name: 'held', paused: false });
  const other = await jobs.sh('exit 0', { group: 'held' });
  await jobs.wait(other);
  expect((await jobs.job(held)).state).toBe('paused');
  await jobs.ok('job_resume', { id: held });
  expect(await jobs.wait(held)).toMatchObject({ state: 'exited' });
});

test('the queue and the groups are bounded', async () => {
  const small = await startDaemon({ config: '[job]\nmax_queued = 3\nparallel = 1\n' });
  const rig = new JobRig(small);
  await rig.ok('group_set', { name: 'full', paused: true });
  for (let at = 0; at < 3; at++) await rig.submit(['true'], { group: 'full' });
  expect(await rig.fails('job_submit', { command: ['true'], group: 'full' })).toEqual([429, 'too_many', undefined]);
  const over = (await rig.ok('job_list', { limit: 1 })).jobs[0].id;
  await rig.ok('job_cancel', { id: over });
  await rig.submit(['true'], { group: 'full' });
  expect((await rig.fails('job_restart', { id: over })).slice(0, 2)).toEqual([429, 'too_many']);
  await small.stop();
});
