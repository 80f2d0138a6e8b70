import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: [scripted('agent'), '[session]\nprompt_bytes = 1000\nmax_queued = 1\nauto_turn_cap = 2'].join('\n') });
});
const { ok, refused, open, say, begin, told, waitFor } = sessionCalls(() => daemon);

test('a change holds from the next turn on, is undone by null, and waits for the end of a turn', async () => {
  const id = await open('agent');
  expect(await ok('session_set', { id, model: 'm-1', thinking: 'high', system: 'be brief' })).toMatchObject({
    ...{ model: 'm-1', thinking: 'high', system: 'be brief' },
  });
  expect(await ok('session_set', { id, model: null, system: null })).toMatchObject({ model: null, thinking: 'high', system: null });
  expect(await refused('session_set', { id, thinking: 'hard' })).toEqual([400, 'bad_args']);
  await begin(id, 'hang');
  expect(await refused('session_set', { id, model: 'm-2' })).toEqual([409, 'busy']);
  await ok('session_cancel', { id });
  expect(await ok('session_set', { id, model: 'm-2' })).toMatchObject({ model: 'm-2' });
});

test('a cleared session knows nothing of before, and its counters are zero', async () => {
  const id = await open('agent');
  await say(id, 'say:one');
  expect(await ok('session_clear', { id })).toMatchObject({ input_tokens: 0, output_tokens: 0, cost: 0 });
  expect((await told(id)).at(-1)).toMatchObject({ type: 'cleared', data: { by: 'http' } });
  await begin(id, 'hang');
  expect(await refused('session_clear', { id })).toEqual([409, 'busy']);
  expect(await refused('session_compact', { id })).toEqual([409, 'conflict']);
  await ok('session_cancel', { id });
  for (const prompt of ['say:two', 'say:three']) await say(id, prompt);
  await begin(id, 'hang');
  expect(await refused('session_compact', { id })).toEqual([409, 'busy']);
  await ok('session_close', { id });
  for (const [op, more] of [
    ['session_clear', {}],
    ['session_compact', {}],
    ['session_inject', { text: 'x' }],
  ] as const)
    expect(await refused(op, { id, ...more })).toEqual([409, 'conflict']);
});

test('what happens is told at once, after the turn, or not any more; only so often in a row', async () => {
  const id = await open('agent');
  expect(await ok('session_inject', { id, text: 'say:first' })).toMatchObject({ disposition: 'injected', turn_id: `${id}.1`, reason: null });
  await waitFor(id, 'idle');
  await begin(id, 'hang');
  expect(await ok('session_inject', { id, text: 'say:second' })).toMatchObject({ disposition: 'buffered', reason: 'busy', turn_id: null });
  expect(await ok('session_inject', { id, text: 'say:third' })).toMatchObject({ disposition: 'rejected', reason: 'queue_full' });
  await ok('session_cancel', { id });
  for (const turn of [3, 4]) {
    expect(await ok('session_inject', { id, text: 'say:more' })).toMatchObject({ disposition: 'injected', turn_id: `${id}.${turn}` });
    await waitFor(id, 'idle');
  }
  expect(await ok('session_inject', { id, text: 'say:late' })).toMatchObject({ disposition: 'buffered', reason: 'auto_turn_cap' });
  expect(await ok('session_info', { id })).toMatchObject({ state: 'idle', queued: 1, auto_turns: 2 });
  await say(id, 'say:mine');
  await until('what waited is told', async () => (await told(id)).some(({ type, data }) => type === 'user' && data.content === 'say:late'));
  expect(await refused('session_inject', { id, text: 'x'.repeat(1001) })).toEqual([413, 'too_large']);
});

test('a session that is not there', async () => {
  for (const [op, more] of [
    ['session_set', { model: 'x' }],
    ['session_clear', {}],
    ['session_compact', {}],
    ['session_inject', { text: 'x' }],
  ] as const)
    expect(await refused(op, { id: 'nobody', ...more })).toEqual([404, 'no_such_session']);
});
