import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { ShellRig, type Member } from '../helper/shells';

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

describe('progress', () => {
  test('is told to the connections of the shell, shown in its queue, and over when it is done', async () => {
    const [asker, target] = [await rig.socket(), await rig.socket()];
    const request_id = await asker
      .call('ask_ask', { kind: 'progress', target: { shell_id: target.id }, payload: { title: 'backup' } })
      .then((each) => each.request_id);
    expect(await target.event()).toMatchObject({ event: 'ask:pending', request_id, kind: 'progress' });
    expect(await asker.call('ask_progress', { request_id, label: 'copying', percent: 40, eta_ms: 9000 })).toMatchObject({
      delivered_to: 1,
      percent: 40,
    });
    expect(await target.event()).toEqual({ event: 'ask:progress', request_id, label: 'copying', percent: 40, eta_ms: 9000, done: false });
    await asker.call('ask_progress', { request_id, percent: 80.5, eta_ms: null });
    expect(await target.event()).toMatchObject({ event: 'ask:progress', label: 'copying', percent: 80.5, eta_ms: null });
    expect((await target.call('ask_pending')).requests).toMatchObject([{ request_id, summary: 'copying 80.5%' }]);
    expect(await target.call('ask_take')).toMatchObject({ request_id, payload: { title: 'backup', label: 'copying', percent: 80.5 } });
    const waited = asker.call('ask_wait', { request_id, timeout_ms: 60_000 });
    const outsider = await rig.member();
    const narrow = await startDaemon({ config: '[http.tokens]\nnarrow = { token = "narrow-0123456789abcdef", scopes = ["ask.write"] }\n' });
    const its = new ShellRig(() => narrow);
    const other = await its.member();
    const theirs = await ask(other, other, { kind: 'progress' });
    const headers = { 'content-type': 'application/json', authorization: 'Bearer narrow-0123456789abcdef' };
    const refusal = await narrow.tcp('/op/ask_progress', { method: 'POST', headers, body: JSON.stringify({ request_id: theirs, percent: 1 }) });
    expect(refusal.status).toBe(403);
    its.close();
    expect((await outsider.call('ask_progress', { request_id: 'ask-999999', percent: 1 })).body).toMatchObject({ code: 'no_originator' });
    expect(await asker.call('ask_progress', { request_id, percent: 100, done: true })).toMatchObject({ done: true, delivered_to: 1 });
    expect(await target.event()).toMatchObject({ event: 'ask:progress', percent: 100, done: true });
    expect(await target.event()).toMatchObject({ event: 'ask:dismissed', request_id, reason: 'done' });
    expect(await waited).toMatchObject({ state: 'answered', timed_out: false, reason: 'done' });
    expect(await asker.call('ask_progress', { request_id, percent: 1 })).toMatchObject({ ok: false, err: { code: 'no_originator' } });
    for (const each of [asker, target]) each.ws.close();
  });

  test('only of what is progress, and no further than all of it', async () => {
    const target = await rig.member();
    const request_id = await ask(zd, target);
    expect(await refused(zd.call('ask_progress', { request_id, percent: 1 }))).toEqual([400, 'bad_kind']);
    expect(await refused(zd.call('ask_progress', { request_id, percent: 101 }))).toEqual([400, 'bad_args']);
    const own = await ask(zd, target, { kind: 'progress', payload: 'just a text' });
    const told = await zd.zd('ask', 'progress', own, '12', '--label', 'half way', '--json');
    expect(JSON.parse(told.stdout)).toMatchObject({ request_id: own, label: 'half way', percent: 12, eta_ms: null, done: false, delivered_to: 0 });
    expect((await target.call('ask_pending')).body.requests.map(({ summary }: any) => summary)).toContain('just a text');
  });
});
