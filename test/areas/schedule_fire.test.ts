import { beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const ok = async (op: string, input: unknown = {}) => {
  const { status, body } = await daemon.call(op, input);
  expect([status, body.msg]).toEqual([200, undefined]);
  return body;
};
const add = async (input: object): Promise<number> => (await ok('schedule_add', input)).schedule_id;
const history = async (id: number) => (await ok('schedule_history', { id, limit: 1000 })).runs;
const item = async (id: number) => (await ok('schedule_list')).schedules.find((each: { id: number }) => each.id === id);
const waitFor = (id: number, state: string) =>
  until(`a run that is ${state}`, async () => (await history(id)).find((run: { state: string }) => run.state === state));

test('every second really runs a job, and the history knows how it ended', async () => {
  const file = `${daemon.home}/out.txt`;
  const { schedule_id: id, next_run_ns } = await ok('schedule_add', {
    every: '1s',
    command: ['sh', '-c', 'echo "$GREETING from $PWD" >> out.txt; exit 3'],
    cwd: daemon.home,
    env: { GREETING: 'hello' },
    tags: ['mine'],
    name: 'greeter',
    overlap: 'allow',
    // Also behind a moment in which the machine stood still.
    catch_up: 'run_all',
  });
  await until('two runs have ended', async () => (await history(id)).filter((run: { exit_code: number }) => run.exit_code === 3).length >= 2);
  await ok('schedule_disable', { id });
  const runs = (await history(id)).toReversed();
  expect(runs[0]).toMatchObject({ scheduled_at_ns: next_run_ns, cause: 'time', state: 'exited', exit_code: 3, occurrences: 1, reason: null });
  expect(runs[0].finished_at_ns).toBeGreaterThanOrEqual(runs[0].fired_at_ns);
  expect(runs[1].scheduled_at_ns - runs[0].scheduled_at_ns).toBe(1e9);
  expect(readFileSync(file, 'utf8').split('\n').slice(0, 2)).toEqual(Array(2).fill(`hello from ${daemon.home}`));
  const { job } = await ok('job_status', { id: runs[0].job_id });
  expect(job).toMatchObject({ tags: ['scheduled', `schedule:${id}`, 'mine'], name: 'greeter', state: 'exited', exit_code: 3 });
  expect(await item(id)).toMatchObject({ last_state: 'exited', last_exit_code: 3, last_job_id: runs.at(-1).job_id, next_run_ns: null });
});

test('a single time runs once, and then it is over', async () => {
  const { schedule_id: id } = await ok('schedule_add_once', { delay: '1s', command: ['true'] });
  await waitFor(id, 'exited');
  expect(await item(id)).toMatchObject({ enabled: false, ended: 'fired', next_run_ns: null, last_state: 'exited', last_exit_code: 0 });
  expect(await history(id)).toHaveLength(1);
  const at = Math.floor(Date.now() / 1000) + 900;
  expect(await ok('schedule_update', { id, fire_at_unix_secs: at })).toMatchObject({ enabled: true, next_run_ns: at * 1e9 });
  expect(await item(id)).toMatchObject({ ended: null });
});

test('a program that is missing is a run that failed', async () => {
  const id = await add({ cron_expr: '@yearly', command: ['/no/such/program'] });
  expect((await ok('schedule_run_now', { id })).cause).toBe('manual');
  await waitFor(id, 'failed');
  expect(await item(id)).toMatchObject({ last_state: 'failed', enabled: true });
});

test('run now follows the overlap policy', async () => {
  const skip = await add({ cron_expr: '@yearly', command: ['sleep', '600'] });
  const { job_id } = await ok('schedule_run_now', { id: skip });
  const { status, body } = await daemon.call('schedule_run_now', { id: skip });
  expect([status, body.code, body.job_id]).toEqual([409, 'busy', job_id]);

  await ok('schedule_update', { id: skip, overlap: 'queue' });
  const waiting = await ok('schedule_run_now', { id: skip });
  expect([waiting.state, waiting.job_id]).toEqual(['waiting', null]);
  await ok('job_kill', { id: job_id, signal: 'KILL' });
  const second = await until('the one that waited runs', async () =>
    (await history(skip)).find((run: { run_id: number; job_id: number }) => run.run_id === waiting.run_id && run.job_id),
  );

  await ok('schedule_update', { id: skip, overlap: 'replace' });
  const third = await ok('schedule_run_now', { id: skip });
  await until('the newest runs', async () =>
    (await history(skip)).find((run: { run_id: number; state: string }) => run.run_id === third.run_id && run.state === 'running'),
  );
  expect((await ok('job_status', { id: second.job_id })).job.state).toBe('cancelled');
  expect((await history(skip)).map((run: { state: string }) => run.state)).toEqual(['running', 'cancelled', 'killed']);
  // What runs is none of the schedule's business any more once it is gone.
  const running = (await item(skip)).last_job_id;
  await ok('schedule_remove', { id: skip });
  expect((await ok('job_status', { id: running })).job.state).toBe('running');
  await ok('job_cancel', { id: running, grace_ms: 100 });
});

test('a run whose job outlives the daemon is known to have ended, and what waited for it goes on', async () => {
  const wait = 'while [ ! -e go ]; do sleep 0.05; done; exit 7';
  const id = await add({ cron_expr: '@yearly', command: ['sh', '-c', wait], cwd: daemon.home, overlap: 'queue' });
  const first = await ok('schedule_run_now', { id });
  const second = await ok('schedule_run_now', { id });
  await until('it runs', async () => (await ok('job_status', { id: first.job_id })).job.state === 'running');
  await daemon.kill();
  await daemon.restart();
  expect((await history(id)).map((run: { state: string }) => run.state)).toEqual(['waiting', 'running']);
  writeFileSync(`${daemon.home}/go`, '');
  await until('both have ended', async () => (await history(id)).every((run: { exit_code: number }) => run.exit_code === 7));
  expect((await history(id)).map((run: { run_id: number }) => run.run_id)).toEqual([second.run_id, first.run_id]);
});

test('a run and its end are events of the log', async () => {
  const before = (await ok('publish', { topic: 'mark' })).event_id;
  const id = await add({ cron_expr: '@yearly', command: ['true'] });
  const { run_id, job_id } = await ok('schedule_run_now', { id });
  await waitFor(id, 'exited');
  const { stdout } = await daemon.zd('events', `schedule:${id}.*`, '--since', before, '-n', '2', '--json');
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).data ?? JSON.parse(line));
  expect(events.map(({ scope, topic, data }: { scope: string; topic: string; data: object }) => [scope, topic, data])).toEqual([
    [`schedule:${id}`, 'fire', { schedule_id: id, run_id, cause: 'manual', scheduled_at_ns: expect.any(Number), job_id }],
    [`schedule:${id}`, 'complete', { schedule_id: id, run_id, job_id, state: 'exited', exit_code: 0 }],
  ]);
});

test('the history comes in pages and is bounded', async () => {
  await ok('config_set', { key: 'schedule.history_runs', value: 5 });
  const id = await add({ cron_expr: '@yearly', command: ['true'], overlap: 'allow' });
  const runs: number[] = [];
  for (let at = 0; at < 8; at++) {
    runs.push((await ok('schedule_run_now', { id })).run_id);
    await until('it has ended', async () => (await history(id))[0].state === 'exited');
  }
  const first = await ok('schedule_history', { id, limit: 3 });
  const second = await ok('schedule_history', { id, limit: 3, before: first.next_before });
  expect([...first.runs, ...second.runs].map((run: { run_id: number }) => run.run_id)).toEqual(runs.toReversed().slice(0, 5));
  expect([first.count, second.count, second.next_before]).toEqual([3, 2, null]);
  await ok('config_set', { key: 'schedule.history_runs', value: null });
});

test('who may only read sees the names of variables, not their values', async () => {
  const reader = await startDaemon({ config: '[http.tokens]\nreader = { token = "reader-reader-reader", scopes = ["schedule.read"] }\n' });
  await reader.call('schedule_add', { cron_expr: '@yearly', command: ['true'], env: { API_KEY: 'hush' } });
  const list = async (init: RequestInit) =>
    (
      await reader.tcp('/op/schedule_list', { method: 'POST', body: '{}', ...init, headers: { 'content-type': 'application/json', ...init.headers } })
    ).text();
  const shown = await list({ headers: { authorization: 'Bearer reader-reader-reader' } });
  expect(JSON.parse(shown).schedules[0].env_json).toBe('{"API_KEY":"***"}');
  expect(shown).not.toContain('hush');
  expect((await reader.call('schedule_list')).body.schedules[0].env_json).toBe('{"API_KEY":"hush"}');
  expect(reader.log()).not.toContain('hush');
});

test('who may not run programs may not schedule any', async () => {
  const narrow = await startDaemon({ config: '[http.tokens]\nplanner = { token = "planner-planner", scopes = ["schedule.*"] }\n' });
  const headers = { authorization: 'Bearer planner-planner', 'content-type': 'application/json' };
  const ask = (op: string, input: object) => narrow.tcp(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) });
  const { schedule_id: id } = (await narrow.call('schedule_add', { every: '1h', command: ['true'] })).body;
  for (const [op, input] of [
    ['schedule_add', { every: '1h', command: ['true'] }],
    ['schedule_add_once', { delay: '1h', command: ['true'] }],
    ['schedule_update', { id, notes: 'x' }],
  ] as const) {
    const refused = await ask(op, input);
    expect([op, refused.status, ((await refused.json()) as { required_scope: string }).required_scope]).toEqual([op, 403, 'job.write']);
  }
  expect((await ask('schedule_list', {})).status).toBe(200);
});
