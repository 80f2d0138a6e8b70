import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[schedule]\nmax_count = 40\n' });
});

const call = async (op: string, input: unknown) => {
  const { status, body } = await daemon.call(op, input);
  return { status, ...body };
};
const add = async (input: Record<string, unknown> = {}): Promise<number> => {
  const reply = await call('schedule_add', { cron_expr: '0 4 1 1 *', command: ['true'], ...input });
  expect(reply).toMatchObject({ status: 200, ok: true });
  return reply.schedule_id;
};
const item = async (id: number) => (await call('schedule_list', {})).schedules.find((each: { id: number }) => each.id === id);
const refusal = async (op: string, input: unknown) => {
  const { status, code, path } = await call(op, input);
  return `${status} ${code} ${path ?? ''}`.trim();
};
const inSecs = (secs: number) => Math.floor(Date.now() / 1000) + secs;

test('a schedule is listed as it was added', async () => {
  const reply = await call('schedule_add', {
    cron_expr: '30 2 * * MON-FRI',
    timezone: 'Europe/Berlin',
    command: ['backup', '--to', 'a b', ''],
    cwd: '/tmp',
    env: { LEVEL: '9' },
    name: 'nightly',
    notes: 'ask Ada\nbefore a change',
    tags: ['backup', 'backup'],
    group: 'disk',
    timeout_secs: 60,
    catch_up: 'run_all',
    catch_up_limit: 3,
    overlap: 'queue',
    jitter_secs: 0,
    expires_at_unix_secs: 4_102_444_800,
  });
  const { schedule_id: id, next_run_ns } = reply;
  expect(reply).toMatchObject({
    status: 200,
    cron_expr: '30 2 * * MON-FRI',
    every: null,
    fire_at_ns: null,
    timezone: 'Europe/Berlin',
    enabled: true,
  });
  expect(next_run_ns).toBeGreaterThan(Date.now() * 1e6);
  const { created_at, ...rest } = await item(id);
  expect(Math.abs(created_at / 1e6 - Date.now())).toBeLessThan(60_000);
  expect(rest).toEqual({
    id,
    name: 'nightly',
    when: '30 2 * * MON-FRI (Europe/Berlin)',
    cron_expr: '30 2 * * MON-FRI',
    every: null,
    anchor_ns: null,
    fire_at_ns: null,
    timezone: 'Europe/Berlin',
    command: ['backup', '--to', 'a b', ''],
    cwd: '/tmp',
    env_json: '{"LEVEL":"9"}',
    tags: ['backup'],
    group: 'disk',
    timeout_secs: 60,
    notes: 'ask Ada\nbefore a change',
    catch_up: 'run_all',
    catch_up_limit: 3,
    overlap: 'queue',
    jitter_secs: 0,
    expires_at_ns: 4_102_444_800e9,
    enabled: true,
    ended: null,
    next_run_ns,
    last_run_ns: null,
    last_job_id: null,
    last_state: null,
    last_exit_code: null,
    failures: 0,
    last_error: null,
  });
  expect(await call('schedule_remove', { id })).toMatchObject({ status: 200, schedule_id: id, removed: true });
  expect(await call('schedule_remove', { id })).toMatchObject({ status: 200, schedule_id: id, removed: false });
});

test('a single time', async () => {
  const at = inSecs(3600);
  const reply = await call('schedule_add_once', { fire_at_unix_secs: at, command: ['true'] });
  expect(reply).toMatchObject({ status: 200, fire_at_ns: at * 1e9, next_run_ns: at * 1e9, cron_expr: null });
  expect(await item(reply.schedule_id)).toMatchObject({ fire_at_ns: at * 1e9, enabled: true, catch_up: 'run_once', overlap: 'skip' });
});

test('a single time as people write it', async () => {
  const text = await call('schedule_add_once', { at: '2099-06-01T12:00:30+02:00', command: ['true'] });
  expect(Math.round(text.fire_at_ns / 1e6)).toBe(Date.parse('2099-06-01T10:00:30Z'));
  const before = Date.now();
  const later = await call('schedule_add_once', { delay: '1h30m', command: ['true'] });
  expect(Math.round(later.fire_at_ns / 1e6)).toBeGreaterThanOrEqual(before + 5_400_000);
  expect(Math.round(later.fire_at_ns / 1e6)).toBeLessThan(Date.now() + 5_401_000);
});

describe('update', () => {
  test('changes what is named, clears with null, and keeps the rest', async () => {
    const id = await add({ cwd: '/tmp', notes: 'old', env: { A: '1' }, timezone: 'Asia/Tokyo' });
    const before = await item(id);
    expect(await call('schedule_update', { id, notes: null, command: ['false'], overlap: 'allow' })).toMatchObject({
      status: 200,
      next_run_ns: before.next_run_ns,
    });
    expect(await item(id)).toEqual({ ...before, notes: null, command: ['false'], overlap: 'allow' });
    await call('schedule_update', { id, env: null, cwd: null, timezone: null });
    expect(await item(id)).toMatchObject({ env_json: null, cwd: null, timezone: null, cron_expr: '0 4 1 1 *' });
  });

  test('makes one kind of another, from now on', async () => {
    const id = await add();
    const now = Date.now() * 1e6;
    const every = await call('schedule_update', { id, every: '90m' });
    expect(every).toMatchObject({ cron_expr: null, every: '1h30m' });
    expect(every.next_run_ns).toBeGreaterThanOrEqual(now + 90 * 60e9);
    const at = inSecs(500);
    expect(await call('schedule_update', { id, fire_at_unix_secs: at })).toMatchObject({ every: null, fire_at_ns: at * 1e9, next_run_ns: at * 1e9 });
    expect(await call('schedule_update', { id, cron_expr: '@daily', timezone: 'UTC' })).toMatchObject({
      fire_at_ns: null,
      cron_expr: '@daily',
      timezone: 'UTC',
    });
  });

  test('of a disabled one leaves it disabled', async () => {
    const id = await add();
    expect(await call('schedule_disable', { id })).toMatchObject({ enabled: false, next_run_ns: null });
    expect(await call('schedule_update', { id, every: '1h' })).toMatchObject({ enabled: false, next_run_ns: null });
    expect((await call('schedule_list', { enabled_only: true })).schedules.some((each: { id: number }) => each.id === id)).toBe(false);
    expect((await call('schedule_enable', { id })).next_run_ns).toBeGreaterThan(Date.now() * 1e6);
  });
});

test('a fault in an expression is told with its position, before any other', async () => {
  const reply = await call('schedule_add', { cron_expr: '0 25 * * *', command: [] });
  expect(reply).toMatchObject({ status: 400, code: 'bad_cron', path: '/cron_expr', position: 2, field: 'hour' });
  expect(reply.msg).toContain('"25"');
  expect(await call('schedule_update', { id: await add(), cron_expr: '@sometimes' })).toMatchObject({ status: 400, code: 'bad_cron', position: 0 });
});

describe('bad input is named', () => {
  const good = { cron_expr: '@daily', command: ['true'] };
  for (const [what, input, answer] of [
    ['no time', { command: ['true'] }, '400 bad_args /cron_expr'],
    ['two times', { ...good, every: '1m' }, '400 bad_args /every'],
    ['no command', { cron_expr: '@daily' }, '400 bad_args /command'],
    ['an empty command', { ...good, command: [] }, '400 bad_args /command'],
    ['an empty program', { ...good, command: ['', 'x'] }, '400 bad_args /command'],
    ['a command that is no list', { ...good, command: 'rm -rf /' }, '400 bad_args /command'],
    ['an argument that is no text', { ...good, command: ['true', 1] }, '400 bad_args /command/1'],
    ['a NUL in an argument', { ...good, command: ['true', 'a\0b'] }, '400 bad_args /command/1'],
    ['a command beyond the limit', { ...good, command: ['true', 'x'.repeat(131_072)] }, '413 too_large /command'],
    ['an environment beyond the limit', { ...good, env: { A: 'x'.repeat(131_072) } }, '413 too_large /env'],
    ['an environment that is not texts', { ...good, env: { A: 1 } }, '400 bad_args /env/A'],
    ['a bad name in the environment', { ...good, env: { 'A=B': '1' } }, '400 bad_args /env'],
    ['a relative folder', { ...good, cwd: 'tmp' }, '400 bad_args /cwd'],
    ['an unknown zone', { ...good, timezone: 'Mars/Olympus' }, '400 bad_args /timezone'],
    ['a zone for an interval', { every: '1m', command: ['true'], timezone: 'UTC' }, '400 bad_args /timezone'],
    ['an interval nobody can read', { every: 'hourly', command: ['true'] }, '400 bad_args /every'],
    ['an interval that is too short', { every: '0s', command: ['true'] }, '400 bad_args /every'],
    ['an anchor without an interval', { ...good, anchor_unix_secs: 5 }, '400 bad_args /anchor_unix_secs'],
    ['a policy that does not exist', { ...good, overlap: 'kill' }, '400 bad_args /overlap'],
    ['another policy that does not exist', { ...good, catch_up: 'all' }, '400 bad_args /catch_up'],
    ['a limit of nothing', { ...good, catch_up_limit: 0 }, '400 bad_args /catch_up_limit'],
    ['negative jitter', { ...good, jitter_secs: -1 }, '400 bad_args /jitter_secs'],
    ['a timeout of nothing', { ...good, timeout_secs: 0 }, '400 bad_args /timeout_secs'],
    ['an end in the past', { ...good, expires_at_unix_secs: 1 }, '400 bad_args /expires_at_unix_secs'],
    [
      'an end before the first run',
      { cron_expr: '0 0 29 2 *', command: ['true'], expires_at_unix_secs: inSecs(5) },
      '400 bad_args /expires_at_unix_secs',
    ],
    ['an unknown field', { ...good, when: 'now' }, '400 bad_args /when'],
    ['a line break in the name', { ...good, name: 'a\nb' }, '400 bad_args /name'],
  ] as const) {
    test(what, async () => expect(await refusal('schedule_add', input)).toBe(answer));
  }

  test('once', async () => {
    expect(await refusal('schedule_add_once', { fire_at_unix_secs: 1, command: ['true'] })).toBe('400 bad_args /fire_at_unix_secs');
    expect(await refusal('schedule_add_once', { command: ['true'] })).toBe('400 bad_args /fire_at_unix_secs');
    expect(await refusal('schedule_add_once', { at: '2099-01-01T00:00', delay: '1m', command: ['true'] })).toBe('400 bad_args /delay');
    for (const at of ['tomorrow', '2099-02-30T00:00', '2099-01-01', '2001-01-01T00:00Z'])
      expect([at, await refusal('schedule_add_once', { at, command: ['true'] })]).toEqual([at, '400 bad_args /at']);
    expect(await refusal('schedule_add_once', { delay: 'soon', command: ['true'] })).toBe('400 bad_args /delay');
    expect(await refusal('schedule_add_once', { fire_at_unix_secs: inSecs(9), command: ['true', 'x'.repeat(131_072)] })).toBe(
      '413 too_large /command',
    );
    expect(await refusal('schedule_update', { id: await add(), command: ['true', 'x'.repeat(131_072)] })).toBe('413 too_large /command');
  });
});

test('a number nobody has is not found, everywhere', async () => {
  for (const op of ['schedule_update', 'schedule_enable', 'schedule_disable', 'schedule_run_now', 'schedule_history']) {
    expect([op, await refusal(op, { id: 987_654 })]).toEqual([op, '404 no_such_schedule']);
  }
});

test('there may be so many and no more', async () => {
  const ids: number[] = [];
  for (;;) {
    const { status, code, limit, schedule_id } = await call('schedule_add', { every: '1h', command: ['true'] });
    if (status === 200) ids.push(schedule_id);
    else {
      expect({ status, code, limit }).toEqual({ status: 429, code: 'too_many', limit: 40 });
      break;
    }
  }
  expect(await refusal('schedule_add_once', { fire_at_unix_secs: inSecs(900), command: ['true'] })).toBe('429 too_many');
  for (const id of ids) await call('schedule_remove', { id });
  expect(await add()).toBeGreaterThan(ids.at(-1)!);
});

test('schedules survive a restart, and numbers are not given twice', async () => {
  const id = await add({ name: 'keeper' });
  const before = await item(id);
  await daemon.restart();
  expect(await item(id)).toEqual(before);
  await call('schedule_remove', { id });
  await daemon.restart();
  expect(await add()).toBeGreaterThan(id);
});
