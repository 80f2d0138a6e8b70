import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';
import { stored, watchSession, type Heard } from '../helper/session_viewer';
import { isRunning, scripted, sessionCalls, textOf } from '../helper/sessions';
import { until } from '../helper/until';

const start = (flags: readonly string[] = []) => startDaemon({ config: scripted('agent', flags) });

test('every piece that a viewer saw is in the history after a kill, and the turn was interrupted', async () => {
  const daemon = await start();
  const { ok, refused, open, say, begin, told } = sessionCalls(() => daemon);
  const id = await open('agent');
  const viewer = await watchSession(daemon, id);
  const seen: Heard[] = [];
  const reading = (async () => {
    for (;;) seen.push(await viewer.next());
  })().catch(() => {});
  await begin(id, 'chunks:100000');
  await ok('session_prompt', { id, text: 'say:never', queue: true });
  const { pid } = await ok('session_info', { id });
  await until('it is in the middle', () => seen.length > 20);
  await daemon.kill();
  await reading;
  await daemon.restart();
  const events = await told(id);
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  for (const { data } of stored(seen)) {
    const { type, session_id, turn_id, seq, ts_ns, ...rest } = data;
    expect(bySeq.get(seq)).toEqual({ seq, ts_ns, turn_id, type, data: rest });
  }
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
  expect(events.filter(({ type }) => type === 'done' || type === 'error').map(({ type, turn_id, data }) => [type, turn_id, data.reason])).toEqual([
    ['error', `${id}.1`, 'interrupted'],
  ]);
  expect(events.filter(({ type }) => type === 'dequeued').map(({ data }) => data.reason)).toEqual(['interrupted']);
  await until('the agent of before is gone', () => !isRunning(pid));
  expect(await ok('session_info', { id })).toMatchObject({ state: 'idle', turn_id: null, pid: null, queued: 0 });
  expect((await say(id, 'say:on')).answer).toBe('on');
  expect(await refused('session_cancel', { id: 'nobody' })).toEqual([404, 'no_such_session']);
});

test('a question that was open at a kill is expired, never allowed', async () => {
  const daemon = await start(['load']);
  const { ok, refused, open, say, told } = sessionCalls(() => daemon);
  const id = await open('agent');
  expect((await say(id, 'permission')).state).toBe('waiting');
  await daemon.kill();
  await daemon.restart();
  expect((await ok('session_info', { id })).approvals).toEqual([]);
  expect(await refused('session_answer', { id, approval_id: `${id}.a1`, decision: 'allow' })).toEqual([409, 'conflict']);
  const resolved = (await told(id)).filter(({ type }) => type === 'approval_resolved');
  expect(resolved.map(({ data }) => [data.outcome, data.option_id])).toEqual([['expired', null]]);
  // The agent still has its conversation, and is not told what was said.
  expect((await say(id, 'echo the prompt')).answer).toBe('echo the prompt');
});

test('a stop ends the turn with a reason and the agent with what it started, and the session goes on after the next start', async () => {
  const daemon = await start();
  const { ok, open, say, begin, told } = sessionCalls(() => daemon);
  const id = await open('agent');
  const viewer = await watchSession(daemon, id);
  await begin(id, 'say:before child deaf');
  const child = await until('its child', async () => /child (\d+)/.exec(textOf(await told(id)))?.[1]);
  const { pid } = await ok('session_info', { id });
  expect(await daemon.stop()).toBe(0);
  const heard = await viewer.upTo('shutdown');
  expect(heard.at(-2)).toMatchObject({ type: 'error', data: { turn_id: `${id}.1`, reason: 'interrupted' } });
  for (const each of [pid, Number(child)]) await until(`${each} is gone`, () => !isRunning(each));
  await daemon.start();
  expect(textOf(await told(id))).toStartWith('before');
  expect((await say(id, 'say:after')).answer).toBe('after');
  expect(daemon.log()).not.toContain('"level":"error"');
});
