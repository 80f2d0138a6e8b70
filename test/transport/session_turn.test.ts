import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';
import { ViewerClient, type Seen } from '../helper/viewer';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: scripted('agent') });
});
const { open, ok } = sessionCalls(() => daemon);
const look = (id: string) => ViewerClient.open(daemon, { query: `?session=${id}` });

describe('a turn', () => {
  test('comes frame by frame, with the names every client knows', async () => {
    const id = await open('agent');
    const client = await look(id);
    const ack = await client.ask({ type: 'message', content: 'think:let_me say:Hello tool:bash usage' });
    const turn_id = `${id}.1`;
    expect(ack).toMatchObject({ type: 'ack', of: 'message', turn_id, disposition: 'started', session_id: id });
    await client.ended(turn_id);
    const turn = client.transcript.filter((frame) => frame.turn_id === turn_id);
    expect(turn.map(({ type }) => type)).toEqual([
      ...['user', 'thinking', 'text', 'tool_use_start', 'tool_use', 'tool_result_delta', 'tool_result', 'usage', 'usage', 'done'],
    ]);
    expect(turn.map(({ seq }) => seq)).toEqual(turn.map((_, at) => turn[0]!.seq + at));
    for (const frame of turn) expect(frame).toMatchObject({ session_id: id, turn_id, ts_ns: expect.any(Number) });
    const find = (type: string) => turn.find((frame) => frame.type === type);
    expect(find('text')).toMatchObject({ content: 'Hello' });
    expect(find('thinking')).toMatchObject({ content: 'let me' });
    expect(find('tool_use_start')).toMatchObject({ tool_name: 'bash', tool_id: 't1' });
    expect(find('tool_use')).toMatchObject({ tool_name: 'bash', tool_id: 't1', input: { command: 'ls' } });
    expect(find('tool_result_delta')).toMatchObject({ tool_id: 't1', delta: 'a.txt\nb.txt\n' });
    expect(find('tool_result')).toMatchObject({ tool_id: 't1', result: 'a.txt\nb.txt\n' });
    expect(turn.findLast(({ type }) => type === 'usage')).toMatchObject({ input_tokens: 10, output_tokens: 4 });
    expect(find('done')).toMatchObject({ stop_reason: 'end_turn' });
    client.close();
  });

  test('one at a time; what comes meanwhile is refused or waits, and a failed turn leaves the way free', async () => {
    const id = await open('agent');
    const client = await look(id);
    await client.ask({ type: 'message', content: 'hang' });
    const refused = await client.ask({ type: 'message', content: 'say:no' });
    expect(refused).toMatchObject({ type: 'error', code: 'busy', message: 'already streaming — cancel first or wait' });
    expect(await client.ask({ type: 'message', content: 'die', queue: true })).toMatchObject({ type: 'ack', disposition: 'queued', turn_id: null });
    expect(await client.sees('the queued message', ({ type }) => type === 'queued')).toMatchObject({ content: 'die', kind: 'message' });
    expect(await client.ask({ type: 'cancel' })).toMatchObject({
      type: 'system',
      message: 'canceled',
      cancelled: true,
      dequeued: 1,
      turn_id: `${id}.1`,
    });
    expect(await client.ended(`${id}.1`)).toMatchObject({ type: 'done', stop_reason: 'cancelled' });
    await client.ask({ type: 'message', content: 'die' });
    expect(await client.ended(`${id}.2`)).toMatchObject({ type: 'error', reason: 'exited' });
    await client.ask({ type: 'message', content: 'say:alive' });
    expect(await client.ended(`${id}.3`)).toMatchObject({ type: 'done' });
    expect(client.text()).toBe('alive');
    client.close();
  });

  test('is ended by whoever began it, on the same socket, though the cancel comes right behind the message', async () => {
    const id = await open('agent');
    const client = await look(id);
    client.send({ type: 'message', content: 'hang' });
    client.send({ type: 'cancel' });
    expect(await client.ended(`${id}.1`)).toMatchObject({ type: 'done', stop_reason: 'cancelled' });
    const nothing = await client.ask({ type: 'cancel' });
    expect(nothing).toMatchObject({ type: 'system', message: 'canceled', cancelled: false, turn_id: null });
    client.close();
  });

  test('has one terminal frame, whatever becomes of the agent', async () => {
    const id = await open('agent');
    const client = await look(id);
    for (const [at, prompt] of ['say:a', 'crash', 'say:b die', 'say:c'].entries()) {
      await until('idle', async () => (await ok('session_info', { id })).state === 'idle');
      await client.ask({ type: 'message', content: prompt });
      await client.ended(`${id}.${at + 1}`);
    }
    const ends = client.transcript.filter(({ type, turn_id }) => turn_id !== null && (type === 'done' || type === 'error'));
    expect(ends.map(({ type, turn_id }) => [type, turn_id])).toEqual([
      ['done', `${id}.1`],
      ['error', `${id}.2`],
      ['error', `${id}.3`],
      ['done', `${id}.4`],
    ]);
    client.close();
  });
});

describe('history', () => {
  test('has what was said with ids, input as it is, and results; pages of it go backwards', async () => {
    const id = await open('agent');
    const client = await look(id);
    for (const [at, content] of ['think:hm say:a tool:bash chunks:40', 'die'].entries()) {
      await client.ask({ type: 'message', content });
      await client.ended(`${id}.${at + 1}`);
    }
    const { messages, more } = await client.ask({ type: 'history' });
    expect(more).toBe(false);
    const time = expect.stringMatching(/^\d\d:\d\d$/);
    expect(messages.map(({ role }: Seen) => role)).toEqual([
      'system',
      'user',
      'thinking',
      'text',
      'tool_use',
      'tool_result',
      'text',
      'user',
      'error',
    ]);
    expect(messages[1]).toMatchObject({ role: 'user', content: 'think:hm say:a tool:bash chunks:40', time, seq: 2 });
    expect(messages[4]).toMatchObject({ tool_name: 'bash', tool_id: 't1', input: { command: 'ls' }, time });
    expect(messages[5]).toMatchObject({ tool_id: 't1', result: 'a.txt\nb.txt\n', failed: false });
    expect(messages[6].content).toBe(Array.from({ length: 40 }, (_, at) => `${at} `).join(''));
    const newest = await client.ask({ type: 'history', limit: 2 });
    expect(newest).toMatchObject({ more: true });
    const older = await client.ask({ type: 'history', before: newest.from_seq });
    expect([...older.messages, ...newest.messages].map(({ seq }: Seen) => seq)).toEqual(messages.map(({ seq }: Seen) => seq));
    client.close();
  });
});

describe('commands', () => {
  test('answer as they are known to', async () => {
    const id = await open('agent');
    const [client, other] = [await look(id), await look(id)];
    const say = async (name: string, args = '') => {
      const { type, message } = await client.ask({ type: 'command', name, args });
      return `${type}: ${message}`;
    };
    expect(await say('model')).toBe('system: current model: default');
    expect(await say('model', 'm-2')).toBe('system: model set to: m-2');
    expect(await say('model')).toBe('system: current model: m-2');
    expect(await say('thinking')).toBe('system: thinking: adaptive (0)');
    for (const [word, level, budget] of [
      ['low', 'low', 2048],
      ['med', 'medium', 4096],
      ['medium', 'medium', 4096],
      ['high', 'high', 16384],
      ['xhigh', 'xhigh', 32768],
      ['adaptive', 'adaptive', 0],
    ] as const) {
      expect(await say('thinking', word)).toBe(`system: thinking set to: ${level}`);
      expect(await say('thinking')).toBe(`system: thinking: ${level} (${budget})`);
    }
    expect(await say('thinking', 'hard')).toStartWith('error: usage: ');
    expect(await say('system')).toBe('system: system prompt: (none)');
    expect(await say('system', `be brief${'!'.repeat(300)}`)).toBe('system: system prompt updated');
    expect(await say('system', 'show')).toBe(`system: system prompt: ${`be brief${'!'.repeat(300)}`.slice(0, 200)}`);
    expect(await say('compact')).toStartWith('error: ');
    expect(await say('quit')).toBe('system: /quit ignored — server is long-lived; close the WebSocket instead');
    expect(await say('frobnicate')).toBe('error: unknown command: frobnicate');
    expect(await client.ask({ type: 'command', name: 'frobnicate', args: '' })).toMatchObject({ code: 'unknown_command' });
    expect(await client.ask({ type: 'status' })).toMatchObject({ model: 'm-2', thinking: 'adaptive' });
    const heard = other.frames.filter(({ type }) => type === 'system').map(({ message }) => message);
    expect(heard.slice(0, 2)).toEqual(['model set to: m-2', 'thinking set to: low']);
    expect(heard).not.toContain('current model: m-2');
    for (const each of [client, other]) each.close();
  });

  test('that change something wait for the end of the turn', async () => {
    const id = await open('agent');
    const client = await look(id);
    await client.ask({ type: 'message', content: 'hang' });
    for (const [name, args] of [
      ['model', 'x'],
      ['clear', ''],
      ['compact', ''],
    ])
      expect(await client.ask({ type: 'command', name, args })).toMatchObject({ type: 'error' });
    expect(await client.ask({ type: 'command', name: 'model', args: 'x' })).toMatchObject({ code: 'busy' });
    await client.ask({ type: 'cancel' });
    expect(await client.ask({ type: 'command', name: 'model', args: 'x' })).toMatchObject({ message: 'model set to: x' });
    client.close();
  });

  test('clear begins anew with zero counters and an empty history; compact sums up', async () => {
    const id = await open('agent');
    const client = await look(id);
    for (const [at, content] of ['say:one', 'say:two'].entries()) {
      await client.ask({ type: 'message', content });
      await client.ended(`${id}.${at + 1}`);
    }
    expect(await client.ask({ type: 'command', name: 'compact', args: 'say:summary' })).toMatchObject({
      type: 'system',
      message: '✓ compacted 4 messages into a summary context',
    });
    expect(await client.sees('the summary', ({ type }) => type === 'compacted')).toMatchObject({ session_id: id });
    expect((await client.ask({ type: 'status' })).total_input_tokens).toBeGreaterThan(0);
    expect(await client.ask({ type: 'command', name: 'clear', args: '' })).toMatchObject({ type: 'system', message: 'session cleared' });
    await client.sees('the new beginning', ({ type }) => type === 'cleared');
    expect(await client.ask({ type: 'status' })).toMatchObject({ total_input_tokens: 0, total_output_tokens: 0, session_cost: 0 });
    expect(await client.ask({ type: 'history' })).toMatchObject({ messages: [], more: false });
    client.close();
  });
});
