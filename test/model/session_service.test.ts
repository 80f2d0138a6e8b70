import { expect, test } from 'bun:test';
import type { Message } from '../../src/areas/session/driver';
import { AgentFault } from '../../src/areas/session/driver';
import { sessionRig, type Acts } from '../helper/session_rig';
import { until } from '../helper/until';

const echo: Acts = (text, host) => {
  host.put({ type: 'text', data: { content: `heard ${text}` } });
  return 'end_turn';
};
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);

test('events begin turns of their own, up to a cap that only a prompt lifts', async () => {
  const { sessions, told, say } = sessionRig(echo);
  const { session: id } = await sessions.create({});
  const inject = (content: string) => sessions.inject(id, { content, by: 'bus' });
  for (const content of ['one', 'two']) {
    const { disposition, turn } = await inject(content);
    expect(disposition).toBe('injected');
    await sessions.settled(id, turn!);
  }
  expect(await inject('three')).toMatchObject({ disposition: 'buffered', reason: 'auto_turn_cap' });
  expect(await inject('four')).toMatchObject({ disposition: 'buffered' });
  expect(sessions.info(id)).toMatchObject({ state: 'idle', autoTurns: 2, queued: 2 });
  await say(id, 'hello');
  await until('what waited was said', () => sessions.info(id).queued === 0 && sessions.info(id).state === 'idle');
  const users = told(id).filter(({ type }) => type === 'user');
  expect(users.map(({ data }) => [data.trigger, data.content])).toEqual([
    ['event_auto', 'one'],
    ['event_auto', 'two'],
    ['user', 'hello'],
    ['event_auto', 'three\nfour'],
  ]);
  expect(
    told(id)
      .filter(({ type }) => type === 'auto_turn_cap_reached')
      .map(({ data }) => data),
  ).toEqual([{ cap: 2 }]);
});

test('a full queue rejects events and says so', async () => {
  const gate = Promise.withResolvers<void>();
  const { sessions } = sessionRig(async () => (await gate.promise, 'end_turn'), { maxQueued: 1 });
  const { session: id } = await sessions.create({});
  await sessions.prompt(id, { text: 'x', by: 'test' });
  expect(await sessions.inject(id, { content: 'a', by: 'bus' })).toMatchObject({ disposition: 'buffered', reason: 'busy' });
  expect(await sessions.inject(id, { content: 'b', by: 'bus' })).toMatchObject({ disposition: 'rejected', reason: 'queue_full' });
  gate.resolve();
});

test('cleared: what was said is no context any more, the counters are zero, a new agent begins', async () => {
  const before: (readonly Message[])[] = [];
  const { sessions, say, told, drivers } = sessionRig((text, host, _, said) => {
    before.push(said);
    host.put({ type: 'usage', data: { input_tokens: 5, output_tokens: 1 } });
    return echo(text, host, _, said);
  });
  const { session: id } = await sessions.create({});
  await say(id, 'a');
  await say(id, 'b');
  expect(before.at(-1)).toEqual([
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'heard a' },
  ]);
  expect(sessions.info(id)).toMatchObject({ inputTokens: 10, outputTokens: 2 });
  expect(await sessions.clear(id, 'test')).toMatchObject({ inputTokens: 0, outputTokens: 0, state: 'idle' });
  await say(id, 'c');
  expect(before.at(-1)).toEqual([]);
  expect(drivers()).toBe(2);
  expect(types(told(id)).filter((type) => type === 'cleared')).toHaveLength(1);
});

test('compacted: a summary stands for what was said', async () => {
  const before: (readonly Message[])[] = [];
  const { sessions, say, told } = sessionRig((text, host, _, said) => {
    before.push(said);
    host.put({ type: 'text', data: { content: text.startsWith('Sum up') ? 'the summary' : 'ok' } });
    return 'end_turn';
  });
  const { session: id } = await sessions.create({});
  await say(id, 'a');
  expect(() => sessions.compact(id, { by: 'test' })).toThrow('it takes 4');
  await say(id, 'b');
  const { turn } = await sessions.compact(id, { instructions: 'keep the names', by: 'test' });
  await sessions.settled(id, turn!);
  await say(id, 'c');
  expect(before.at(-1)).toEqual([{ role: 'user', content: 'What was said before, in short:\nthe summary' }]);
  const events = told(id);
  expect(events.find(({ type, data }) => type === 'user' && data.trigger === 'compaction')!.data.content).toContain('keep the names');
  expect(types(events).filter((type) => type === 'compacted')).toHaveLength(1);
});

test('model, system prompt and conversation do not change within a turn', async () => {
  const gate = Promise.withResolvers<void>();
  const { sessions } = sessionRig(async () => (await gate.promise, 'end_turn'));
  const { session: id } = await sessions.create({});
  const { turn } = await sessions.prompt(id, { text: 'x', by: 'test' });
  expect(sessions.change(id, { model: 'm-2' })).rejects.toMatchObject({ code: 'busy' });
  expect(sessions.clear(id, 'test')).rejects.toMatchObject({ code: 'busy' });
  expect(await sessions.change(id, { title: 'also now' })).toMatchObject({ title: 'also now' });
  gate.resolve();
  await sessions.settled(id, turn!);
  expect(await sessions.change(id, { model: 'm-2' })).toMatchObject({ model: 'm-2' });
  expect(await sessions.change(id, { model: null })).toMatchObject({ model: 'm-1' });
});

test('an agent without a turn is parked, and the session forgets nothing', async () => {
  const { sessions, say, drivers, openDrivers } = sessionRig(echo, { parkMs: 1 });
  const { session: id } = await sessions.create({});
  await say(id, 'a');
  await until('it is parked', () => openDrivers() === 0);
  expect(types(await say(id, 'b'))).toEqual(['user', 'text', 'done']);
  expect(drivers()).toBe(2);
});

test('a turn whose words cannot be stored ends, and the next one works', async () => {
  const { sessions, db, say, logged, told } = sessionRig((text, host) => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    host.put({ type: 'info', data: text === 'bad' ? circular : {} });
    return 'end_turn';
  });
  const { session: id } = await sessions.create({});
  expect((await say(id, 'bad')).at(-1)).toMatchObject({ type: 'error', data: { reason: 'storage' } });
  expect(logged).toContain('session: what the agent said could not be stored');
  expect(types(await say(id, 'good'))).toEqual(['user', 'info', 'done']);
  expect(db.trouble).toBeNull();
  expect(told(id).filter(({ type }) => type === 'done' || type === 'error')).toHaveLength(2);
});

test('what an agent throws ends its turn: a fault with its reason, anything else without its text', async () => {
  const { sessions, say, logged } = sessionRig((text) => {
    throw text === 'fault' ? new AgentFault('exited', 'it left') : new Error('a secret of the inside');
  });
  const { session: id } = await sessions.create({});
  expect((await say(id, 'fault')).at(-1)!.data).toMatchObject({ reason: 'exited', message: 'it left' });
  expect((await say(id, 'bug')).at(-1)!.data).toMatchObject({ reason: 'internal', message: 'zd failed; see its log.' });
  expect(logged).toEqual(['session: a turn failed']);
});

test('sessions over the number are refused, closed ones go after a while', async () => {
  const { sessions } = sessionRig(echo, { maxSessions: 2, keepClosedMs: -1 });
  const first = await sessions.create({});
  await sessions.create({});
  expect(sessions.create({})).rejects.toMatchObject({ code: 'too_many' });
  await sessions.close(first.session);
  await sessions.upkeep.part.probe();
  expect(sessions.list({ limit: 10 })).toHaveLength(1);
  await sessions.create({});
});
