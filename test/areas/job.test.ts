import { beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';
import { until } from '../helper/until';

let daemon: TestDaemon;
let jobs: JobRig;
beforeAll(async () => {
  daemon = await startDaemon({ env: { ZD_SECRET: 'daemon-secret', BUN_OPTIONS: '', NOTIFY_SOCKET: '/nowhere', API_KEY: 'k' } });
  jobs = new JobRig(daemon);
});

test('a job runs, and its output and exit code are kept', async () => {
  const id = await jobs.sh('echo out; echo err >&2; pwd; exit 3', { tags: ['a', 'b', 'a'], name: 'first', cwd: '/tmp' });
  expect(await jobs.wait(id)).toEqual({ ok: true, job_id: id, state: 'exited', exit_code: 3, error: null, timed_out: false });
  const { content, ...rest } = await jobs.ok('job_output', { id });
  expect(content).toBe('out\n/tmp\n');
  expect(rest).toEqual({ ok: true, job_id: id, stderr: false, offset: 0, next_offset: 9, bytes: 9, dropped_bytes: 0, complete: true });
  expect(await jobs.text(id, true)).toBe('err\n');
  const job = await jobs.job(id);
  expect(job).toMatchObject({
    id,
    state: 'exited',
    name: 'first',
    tags: ['a', 'b'],
    group: 'default',
    pid: null,
    attempt: 1,
    stdout_bytes: 9,
    stderr_bytes: 4,
  });
  expect(job.started_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
  expect(statSync(job.output_path).mode & 0o777).toBe(0o600);
  expect(statSync(`${daemon.home}/jobs/${id}`).mode & 0o777).toBe(0o700);
});

test('exit codes and signals are told apart', async () => {
  const ends: Record<string, [string, number, number | null]> = {
    true: ['exited', 0, null],
    'exit 143': ['exited', 143, null],
    'exit 255': ['exited', 255, null],
    'kill -TERM $$': ['killed', 143, 15],
    'kill -KILL $$': ['killed', 137, 9],
    'kill -SEGV $$': ['killed', 139, 11],
  };
  for (const [script, [state, code, signal]] of Object.entries(ends)) {
    const id = await jobs.sh(script);
    await jobs.wait(id);
    const job = await jobs.job(id);
    expect([script, job.state, job.exit_code, job.signal]).toEqual([script, state, code, signal]);
    expect(await jobs.text(id, true)).toBe('');
  }
});

test('words of a shell are words, not commands', async () => {
  expect(await jobs.fails('job_submit', { command: ['exit', '3'], cwd: '/' })).toEqual([422, 'submit_failed', '/command/0']);
  expect(await jobs.fails('job_submit', { command: ['eval', 'touch /tmp/x'], cwd: '/' })).toEqual([422, 'submit_failed', '/command/0']);
  const odd = ['$(id)', '`id`', ';', '&&', '-n', '', 'a\nb', '*'];
  const id = await jobs.submit(['printf', '%s|', ...odd]);
  await jobs.wait(id);
  expect(await jobs.text(id)).toBe(odd.map((word) => `${word}|`).join(''));
});

test('what cannot start is refused and leaves nothing', async () => {
  const before = (await jobs.ok('job_list', { limit: 1 })).jobs[0].id;
  const refuse = (input: Record<string, unknown>) => jobs.fails('job_submit', { command: ['true'], cwd: '/', ...input });
  expect(await refuse({ command: ['no-such-program'] })).toEqual([422, 'submit_failed', '/command/0']);
  expect(await refuse({ command: ['/etc/passwd'] })).toEqual([422, 'submit_failed', '/command/0']);
  expect(await refuse({ command: ['/'] })).toEqual([422, 'submit_failed', '/command/0']);
  expect(await refuse({ cwd: '/no/such/folder' })).toEqual([422, 'submit_failed', '/cwd']);
  expect(await refuse({ cwd: '/etc/passwd' })).toEqual([422, 'submit_failed', '/cwd']);
  expect(await refuse({ cwd: 'relative' })).toEqual([400, 'bad_args', '/cwd']);
  expect(await refuse({ command: [] })).toEqual([400, 'bad_args', '/command']);
  expect(await refuse({ command: ['true', 5] })).toEqual([400, 'bad_args', '/command/1']);
  expect(await refuse({ command: ['a\0b'] })).toEqual([400, 'bad_args', '/command/0']);
  expect(await refuse({ env: { A: 5 } })).toEqual([400, 'bad_args', '/env/A']);
  expect((await refuse({ env: { 'A=B': 'x' } })).slice(0, 2)).toEqual([400, 'bad_args']);
  expect(await refuse({ stdin: 'x', pty: true })).toEqual([400, 'bad_args', '/stdin']);
  expect(await refuse({ retries: -1 })).toEqual([400, 'bad_args', '/retries']);
  expect((await jobs.ok('job_list', { limit: 1 })).jobs[0].id).toBe(before);
  const folders = readdirSync(`${daemon.home}/jobs`).filter((name) => name !== 'spare');
  expect(folders.map(Number).filter((id) => !(id <= before))).toEqual([]);
});

test('an unknown job is 404 everywhere', async () => {
  const id = 999_999;
  for (const [op, rest] of Object.entries({
    job_status: {},
    job_output: {},
    job_kill: {},
    job_cancel: {},
    job_wait: {},
    job_input: { bytes_b64: '' },
    job_resize: { rows: 1, cols: 1 },
    job_pause: {},
    job_resume: {},
    job_restart: {},
    job_remove: {},
  }))
    expect([op, ...(await jobs.fails(op, { id, ...rest }))]).toEqual([op, 404, 'no_job', undefined]);
  expect(await jobs.fails('job_submit', { command: ['true'], after: [id] })).toEqual([404, 'no_job', '/after/0']);
  expect((await daemon.fetch(`/stream/jobs?id=${id}`)).status).toBe(404);
});

test('the environment is the allow-list and what the caller gave', async () => {
  const id = await jobs.submit(['env'], { env: { GIVEN: 'yes', PATH: '/usr/bin:/bin', TOKEN: 's3cret' } });
  await jobs.wait(id);
  const names = (await jobs.text(id))
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]!);
  expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).toSorted()).toEqual(
    ['GIVEN', 'HOME', 'LANG', 'PATH', 'TOKEN', 'ZD_JOB_DIR', 'ZD_JOB_ID'].toSorted(),
  );
  expect(await jobs.text(id)).toContain(`ZD_JOB_ID=${id}\n`);
  const shown = JSON.stringify([await jobs.job(id), await jobs.ok('job_list')]);
  expect((await jobs.job(id)).env_names).toEqual(['GIVEN', 'PATH', 'TOKEN']);
  expect(shown).not.toContain('s3cret');
  expect(daemon.log()).not.toContain('s3cret');
});

test('stdin is what was given, or empty', async () => {
  const given = await jobs.submit(['cat'], { stdin: 'line 1\nline ü' });
  const none = await jobs.submit(['cat']);
  expect([(await jobs.wait(given)).exit_code, (await jobs.wait(none)).exit_code]).toEqual([0, 0]);
  expect([await jobs.text(given), await jobs.text(none)]).toEqual(['line 1\nline ü', '']);
});

test('the same key is the same job, and another job under it is refused', async () => {
  const input = { command: ['true'], cwd: '/', idempotency_key: 'once' };
  const first = await jobs.ok('job_submit', input);
  const both = await Promise.all([jobs.ok('job_submit', input), jobs.ok('job_submit', input)]);
  expect([first.existing, ...both.map((each) => [each.job_id, each.existing])]).toEqual([false, [first.job_id, true], [first.job_id, true]]);
  expect(await jobs.fails('job_submit', { ...input, command: ['false'] })).toEqual([409, 'conflict', '/idempotency_key']);
});

test('a list is newest first, filtered and paged', async () => {
  const ids: number[] = [];
  for (let at = 0; at < 5; at++) ids.push(await jobs.submit(['true'], { tags: ['paged', `t${at % 2}`], group: 'pages' }));
  for (const id of ids) await jobs.wait(id);
  const list = async (input: unknown) => (await jobs.ok('job_list', input)).jobs.map((job: { id: number }) => job.id);
  const newest = ids.toReversed();
  expect(await list({ tag: 'paged' })).toEqual(newest);
  expect(await list({ group: 'pages', state: 'exited' })).toEqual(newest);
  expect(await list({ group: 'pages', tag: 't1' })).toEqual([ids[3], ids[1]]);
  expect(await list({ group: 'pages', state: 'queued' })).toEqual([]);
  const page = await jobs.ok('job_list', { tag: 'paged', limit: 2 });
  expect([page.count, page.next_cursor]).toEqual([2, newest[1]]);
  const rest = await jobs.ok('job_list', { tag: 'paged', limit: 3, cursor: page.next_cursor });
  expect([rest.jobs.map((job: { id: number }) => job.id), rest.next_cursor]).toEqual([newest.slice(2), null]);
  expect(await jobs.fails('job_list', { state: 'sleeping' })).toEqual([400, 'bad_args', '/state']);
});

test('only what is over can be removed, and then it is gone for ever', async () => {
  const id = await jobs.submit(['sleep', '1000']);
  expect((await jobs.fails('job_remove', { id })).slice(0, 2)).toEqual([409, 'conflict']);
  await jobs.ok('job_cancel', { id });
  expect(await jobs.ok('job_remove', { id })).toMatchObject({ removed: true });
  expect((await jobs.fails('job_status', { id })).slice(0, 2)).toEqual([404, 'no_job']);
  expect(existsSync(`${daemon.home}/jobs/${id}`)).toBe(false);
  expect(await jobs.submit(['true'])).toBeGreaterThan(id);
});

test('clean removes what is over, as narrow as asked', async () => {
  const bad = await jobs.submit(['false'], { group: 'cleaned', tags: ['x'] });
  const good = await jobs.submit(['true'], { group: 'cleaned' });
  const running = await jobs.submit(['sleep', '1000'], { group: 'cleaned' });
  await Promise.all([jobs.wait(bad), jobs.wait(good)]);
  expect(await jobs.fails('job_clean', { state: 'running' })).toEqual([400, 'bad_args', '/state']);
  expect((await jobs.ok('job_clean', { group: 'cleaned', older_than_secs: 3600 })).removed).toBe(0);
  expect((await jobs.ok('job_clean', { group: 'cleaned', tag: 'x' })).removed).toBe(1);
  expect((await jobs.ok('job_clean', { group: 'cleaned' })).removed).toBe(1);
  await jobs.state(running, 'running');
  await jobs.ok('job_cancel', { id: running });
});

test('a wait that runs out says so; a client that leaves is forgotten', async () => {
  const id = await jobs.submit(['sleep', '1000']);
  expect(await jobs.ok('job_wait', { id, timeout_ms: 20 })).toMatchObject({ timed_out: true, state: 'running', exit_code: null });
  const leave = new AbortController();
  const waiting = daemon
    .fetch('/op/job_wait', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id }), signal: leave.signal })
    .catch(() => 'left');
  leave.abort();
  expect(await waiting).toBe('left');
  const waits = Promise.all([1, 2, 3].map(() => jobs.wait(id)));
  await jobs.ok('job_kill', { id, signal: 'sigkill'.toUpperCase() });
  expect((await waits).map((end) => [end.state, end.exit_code])).toEqual([1, 2, 3].map(() => ['killed', 137]));
});

test('a restart is a new job of the same kind', async () => {
  const id = await jobs.sh('cat; echo "$GIVEN"; sleep 1000', { stdin: 'in ', env: { GIVEN: 'x' }, tags: ['again'], name: 'svc' });
  await jobs.wrote(id, 'in x');
  const { job_id } = await jobs.ok('job_restart', { id, grace_ms: 100 });
  expect(await jobs.job(id)).toMatchObject({ state: 'cancelled' });
  await jobs.wrote(job_id, 'in x');
  expect(await jobs.job(job_id)).toMatchObject({ state: 'running', restart_of: id, tags: ['again'], name: 'svc' });
  await jobs.ok('job_cancel', { id: job_id });
});

test('a restart of what can no longer start is refused', async () => {
  const folder = `${daemon.home}/gone`;
  mkdirSync(folder);
  const id = await jobs.submit(['true'], { cwd: folder });
  await jobs.wait(id);
  rmdirSync(folder);
  expect(await jobs.fails('job_restart', { id })).toEqual([422, 'submit_failed', '/cwd']);
});

test('fifty short jobs at once: every output is there and no zombie', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, (_, at) => jobs.sh(`echo ${at}; echo e${at} >&2`)));
  await Promise.all(ids.map((id) => jobs.wait(id)));
  expect(await Promise.all(ids.map((id) => jobs.text(id)))).toEqual(ids.map((_, at) => `${at}\n`));
  expect(await Promise.all(ids.map((id) => jobs.text(id, true)))).toEqual(ids.map((_, at) => `e${at}\n`));
  await until(
    'no zombie is left',
    () =>
      !Bun.spawnSync(['ps', '-o', 'stat=', '--ppid', String(daemon.pid)])
        .stdout.toString()
        .includes('Z'),
  );
});
