import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { ShellRig, type Member } from '../helper/shells';
import { listenTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
const rig = new ShellRig(() => zd);
beforeAll(async () => {
  zd = await startDaemon();
});
afterAll(() => rig.close());

const refused = async (answer: Promise<{ status: number; body: any }>) => {
  const { status, body } = await answer;
  return [status, body.code];
};
const ask = async (from: { call(op: string, input?: object): Promise<any> }, target: Member | { id: number }, more: object = {}) => {
  const { status, body } = await from.call('ask_ask', { kind: 'input', target: { shell_id: target.id }, ...more });
  expect([status, body.msg]).toEqual([200, undefined]);
  return body.request_id as string;
};

describe('a question', () => {
  test('waits in the queue of its shell, is taken, answered, and the asker hears it', async () => {
    const [asker, target] = [await rig.socket(), await rig.socket()];
    const queued = await asker.call('ask_ask', { kind: 'picker', target: { shell_id: target.id }, payload: { prompt: 'Which?', items: [1, 2] } });
    const { request_id } = queued;
    expect(queued).toMatchObject({ queued: [{ request_id, target_shell: target.id, pending_count: 1 }], queued_count: 1, pending_count: 1 });
    expect(await target.event()).toMatchObject({ event: 'ask:pending', request_id, kind: 'picker', from_shell: asker.id, pending_count: 1 });
    expect(await target.call('ask_pending')).toMatchObject({
      shell_id: target.id,
      pending_count: 1,
      requests: [{ request_id, kind: 'picker', from_shell: asker.id, urgency: 'normal', summary: 'Which?' }],
    });
    expect(await target.call('ask_take')).toMatchObject({ request_id, payload: { prompt: 'Which?', items: [1, 2] }, remaining_pending: 0 });
    expect(await target.call('ask_take')).toMatchObject({ request_id: null, remaining_pending: 0 });
    expect(await target.call('ask_response', { request_id, value: 2 })).toMatchObject({ delivered: true });
    expect(await asker.event()).toMatchObject({ event: 'ask:response', request_id, value: 2, cancelled: false });
    expect(await target.call('ask_response', { request_id, value: 3 })).toMatchObject({ ok: false, err: { code: 'no_originator' } });
    for (const each of [asker, target]) each.ws.close();
  });

  test('from outside of any shell is answered by any client, and waited for', async () => {
    const target = await rig.member();
    const request_id = await ask(zd, target, { payload: { message: 'deploy?' } });
    const waited = zd.call('ask_wait', { request_id, timeout_ms: 60_000 });
    expect((await zd.call('ask_wait', { request_id })).body).toMatchObject({ state: 'queued', timed_out: true });
    await until('somebody waits and is told', async () => (await zd.call('ask_response', { request_id, value: { yes: true } })).status !== 500);
    expect((await waited).body).toMatchObject({ state: 'answered', value: { yes: true }, cancelled: false, timed_out: false });
    expect((await zd.call('ask_wait', { request_id })).body).toMatchObject({ state: 'answered', value: { yes: true } });
  });

  test('is stored: a killed daemon still has it, and its answer', async () => {
    const own = await startDaemon();
    const its = new ShellRig(() => own);
    const [asker, target] = [await its.member(), await its.member()];
    const first = await ask(asker, target, { payload: { prompt: 'kept' } });
    const second = await ask(asker, target);
    await own.kill();
    await own.start();
    expect((await target.call('ask_pending')).body).toMatchObject({
      pending_count: 2,
      requests: [{ request_id: first, summary: 'kept' }, { request_id: second }],
    });
    expect((await own.call('ask_response', { request_id: first, value: 'x' })).body).toMatchObject({ delivered: false });
    await own.kill();
    await own.start();
    expect((await asker.call('ask_wait', { request_id: first })).body).toMatchObject({ state: 'answered', value: 'x' });
    // The queue goes with its shell, also while no daemon runs.
    await own.stop();
    await its.end(target.pid);
    await own.start();
    await until('the asker can read it', async () => (await asker.call('ask_wait', { request_id: second })).body.reason === 'shell_gone');
    its.close();
  });

  test('that nobody answers in time tells its asker, and cannot be taken', async () => {
    const [asker, target] = [await rig.socket(), await rig.member()];
    const stream = await listenTo(zd, `channel=shell:${asker.id}.ask:timeout`);
    const { request_id } = await asker.call('ask_ask', { kind: 'dialog', target: { shell_id: target.id }, timeout_ms: 1 });
    expect(await asker.event()).toMatchObject({ event: 'ask:timeout', request_id, reason: 'timeout' });
    expect((await stream.next()).data).toMatchObject({ topic: 'ask:timeout', data: { request_id } });
    expect((await target.call('ask_take')).body).toMatchObject({ request_id: null });
    expect(await asker.call('ask_wait', { request_id })).toMatchObject({ state: 'expired', cancelled: false });
    expect(await refused(zd.call('ask_response', { request_id }))).toEqual([404, 'no_originator']);
    asker.ws.close();
    await stream.events.return(undefined);
  });

  test('comes back when who took it is gone', async () => {
    const asker = await rig.member();
    const target = await rig.socket();
    const request_id = await ask(asker, target);
    expect((await target.event()).event).toBe('ask:pending');
    expect(await target.call('ask_take')).toMatchObject({ request_id });
    expect((await rig.as(target.key, 'ask_pending')).body.pending_count).toBe(0);
    target.ws.close();
    await until('it waits again', async () => (await rig.as(target.key, 'ask_pending')).body.pending_count === 1);
    expect((await rig.as(target.key, 'ask_take', { request_id })).body).toMatchObject({ request_id });
  });

  test('comes back after its lease', async () => {
    const own = await startDaemon({ config: '[ask]\nlease_secs = 1\n' });
    const its = new ShellRig(() => own);
    const target = await its.member();
    const request_id = await ask(own, target);
    expect((await target.call('ask_take')).body.request_id).toBe(request_id);
    expect((await target.call('ask_pending')).body.pending_count).toBe(0);
    await until('it waits again', async () => (await target.call('ask_pending')).body.pending_count === 1);
    its.close();
  });

  test('that is dismissed tells its asker, with the reason', async () => {
    const [asker, target] = [await rig.socket(), await rig.member()];
    for (const more of [{}, { urgency: 'low' }]) await asker.call('ask_ask', { kind: 'menu', target: { shell_id: target.id }, ...more });
    const [{ request_id }] = (await target.call('ask_pending')).body.requests;
    expect((await target.call('ask_dismiss', { request_id, reason: 'busy now' })).body).toEqual({ ok: true, dismissed: 1, originators_notified: 1 });
    expect(await asker.event()).toMatchObject({ event: 'ask:response', request_id, cancelled: true, reason: 'busy now' });
    expect((await target.call('ask_dismiss', { request_id })).body.dismissed).toBe(0);
    expect((await target.call('ask_dismiss', { all: true })).body).toMatchObject({ dismissed: 1, originators_notified: 1 });
    asker.ws.close();
  });

  test('whose shell ends is cancelled', async () => {
    const [asker, target] = [await rig.socket(), await rig.member()];
    const { request_id } = await asker.call('ask_ask', { kind: 'input', target: { shell_id: target.id } });
    await rig.end(target.pid);
    await zd.call('list_shells');
    expect(await asker.event()).toMatchObject({ event: 'ask:response', request_id, cancelled: true, reason: 'shell_gone' });
    asker.ws.close();
  });
});

describe('a queue', () => {
  test('is in the order of urgency, then age', async () => {
    const target = await rig.member();
    const ids: Record<string, string> = {};
    for (const urgency of ['low', 'odd', 'normal', 'high', 'critical']) ids[urgency] = await ask(zd, target, { urgency });
    const late = await ask(zd, target, { urgency: 'critical' });
    const { requests } = (await target.call('ask_pending')).body;
    expect(requests.map((each: any) => each.request_id)).toEqual([ids.critical, late, ids.high, ids.normal, ids.low, ids.odd]);
    expect((await target.call('ask_take', { request_id: ids.low })).body).toMatchObject({ request_id: ids.low, remaining_pending: 5 });
    expect((await target.call('ask_take')).body).toMatchObject({ request_id: ids.critical, remaining_pending: 4 });
    expect((await target.call('ask_take', { request_id: 'ask-999999' })).body).toMatchObject({ request_id: null, remaining_pending: 4 });
  });

  test('of others: all but the asker, those with a tag, itself', async () => {
    const own = await startDaemon();
    const its = new ShellRig(() => own);
    const [one, two, three] = [await its.member({ tags: ['t'] }), await its.member({ tags: ['t'] }), await its.member()];
    const targets = async (target: object) =>
      (await one.call('ask_ask', { kind: 'progress', target })).body.queued.map((each: any) => each.target_shell);
    expect(await targets({ all: true })).toEqual([two.id, three.id]);
    expect(await targets({ tag: 't' })).toEqual([one.id, two.id]);
    expect(await targets({ tag: 'none' })).toEqual([]);
    expect(await targets({ self: true, all: true })).toEqual([one.id]);
    expect((await two.call('ask_pending')).body.pending_count).toBe(2);
    expect((await own.call('ask_pending', { shell_id: two.id })).body.pending_count).toBe(2);
    expect((await own.call('list_shells')).body.shells.map((each: any) => each.ask_pending)).toEqual([2, 2, 1]);
    its.close();
  });

  test('has a limit, and one that is full refuses for all', async () => {
    const own = await startDaemon({ config: '[ask]\nmax_pending = 2\n' });
    const its = new ShellRig(() => own);
    const [one, two] = [await its.member(), await its.member()];
    for (let at = 0; at < 2; at++) await ask(own, one);
    expect(await refused(own.call('ask_ask', { kind: 'input', target: { all: true } }))).toEqual([429, 'too_many']);
    expect((await two.call('ask_pending')).body.pending_count).toBe(0);
    its.close();
  });
});

test('bad input is refused with a code, and nothing is queued', async () => {
  const target = await rig.member();
  const to = { shell_id: target.id };
  for (const [input, code] of [
    [{ kind: 'popup', target: to }, 'bad_kind'],
    [{ kind: 'input', target: {} }, 'bad_args'],
    [{ kind: 'input', target: { all: false } }, 'bad_args'],
    [{ kind: 'input', target: to, timeout_ms: -1 }, 'bad_args'],
    [{ kind: 'input', target: to, extra: 1 }, 'bad_args'],
    [{ kind: 'input', target: { shell_id: 999_999 } }, 'no_shell'],
    [{ kind: 'input', target: { self: true } }, 'no_shell'],
    [{ kind: 'input', target: to, payload: 'x'.repeat(65_537) }, 'too_large'],
  ] as const)
    expect([input, (await zd.call('ask_ask', input)).body.code]).toEqual([input, code]);
  expect((await target.call('ask_pending')).body.pending_count).toBe(0);
  const request_id = await ask(zd, target);
  expect(await refused(zd.call('ask_response', { request_id, value: 'x'.repeat(65_537) }))).toEqual([413, 'too_large']);
  expect(await refused(zd.call('ask_response', { request_id, from_shell: 12345 }))).toEqual([404, 'no_originator']);
  expect(await refused(zd.call('ask_response', { request_id: 'ask-0' }))).toEqual([400, 'bad_args']);
  expect(await refused(zd.call('ask_wait', { request_id: 'ask-999999' }))).toEqual([404, 'no_originator']);
  expect(await refused(target.call('ask_dismiss', { request_id, all: true }))).toEqual([400, 'bad_args']);
  expect(await refused(target.call('ask_dismiss'))).toEqual([400, 'bad_args']);
  for (const op of ['ask_pending', 'ask_take', 'ask_dismiss']) {
    expect(await refused(zd.call(op, op === 'ask_dismiss' ? { all: true } : {}))).toEqual([404, 'no_shell']);
    expect(await refused(zd.call(op, { shell_id: 999_999, ...(op === 'ask_dismiss' ? { all: true } : {}) }))).toEqual([404, 'no_shell']);
  }
});

test('what was answered is for the asker alone', async () => {
  const [asker, target] = [await rig.member(), await rig.member()];
  const stream = await listenTo(zd, `channel=shell:${asker.id}.ask:response`);
  const request_id = await ask(asker, target, { payload: { secret: true } });
  await target.call('ask_response', { request_id, value: 'hunter2' });
  const heard = await stream.next();
  expect(heard.data.data).toMatchObject({ request_id, cancelled: false });
  expect(JSON.stringify(heard)).not.toContain('hunter2');
  expect((await asker.call('ask_wait', { request_id })).body.value).toBe('hunter2');
  await stream.events.return(undefined);
});
