import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';
import { ViewerClient, type Seen } from '../helper/viewer';

const bearer = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });
let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({
    config: [
      '[http]\nallowed_origins = ["https://app.example"]',
      '[http.tokens]\nfull = "full-token-0123456789"',
      'reader = { token = "reader-token-0123456789", scopes = ["session.read"] }',
      'blind = { token = "blind-token-0123456789", scopes = ["cache.*"] }',
      '[session]\nframe_bytes = 4096\ncancel_secs = 2',
      scripted('agent'),
    ].join('\n'),
  });
});
const { open, ok, begin, told, waitFor } = sessionCalls(() => daemon);
const look = (id: string, more = {}) => ViewerClient.open(daemon, { query: `?session=${id}`, ...more });
/** A frame that every viewer gets as it is stored. */
const stored = ({ seq }: Seen) => seq;

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
    expect(turn.map(stored)).toEqual(turn.map((_, at) => turn[0]!.seq + at));
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

describe('several viewers', () => {
  test('see the same, also who says something; answers go to who asked', async () => {
    const id = await open('agent');
    const first = await look(id);
    const second = await look(id);
    expect(await first.sees('the second', ({ code }) => code === 'client_joined')).toMatchObject({
      type: 'system',
      message: 'client connected (2 total)',
      clients: 2,
    });
    await first.ask({ type: 'message', content: 'say:hi' });
    await Promise.all([first.ended(`${id}.1`), second.ended(`${id}.1`)]);
    expect(second.transcript.find(({ type }) => type === 'user')).toMatchObject({ content: 'say:hi', trigger: 'user', by: 'http' });
    expect(second.transcript).toEqual(first.transcript);
    const seen = second.frames.length;
    expect(await first.ask({ type: 'status' })).toMatchObject({ type: 'status', connected_clients: 2, streaming: false, session_id: id });
    await first.ask({ type: 'history' });
    await first.ask({ type: 'command', name: 'nonsense', args: '' });
    await first.ask({ type: 'command', name: 'model', args: '' });
    first.close();
    expect(await second.sees('the first leave', ({ code }) => code === 'client_left')).toMatchObject({
      message: 'client disconnected (1 remaining)',
    });
    expect(second.frames.slice(seen).map(({ type, code }) => code ?? type)).toEqual(['client_left']);
    second.close();
  });

  test('fifty of them have identical transcripts', async () => {
    const id = await open('agent');
    const clients = await Promise.all(Array.from({ length: 50 }, () => look(id)));
    await clients[7]!.ask({ type: 'message', content: 'think:so slowly:100 tool:bash chunks:500 say:end' });
    await Promise.all(clients.map((client) => client.ended(`${id}.1`)));
    const [one, ...others] = clients.map(({ transcript }) => JSON.stringify(transcript));
    for (const other of others) expect(other).toBe(one!);
    const events = await told(id);
    expect(clients[0]!.transcript.map(({ seq }) => seq)).toEqual(events.slice(1).map(({ seq }) => seq));
    for (const client of clients) client.close();
  });

  test('one may take the input over; the others only look until it goes', async () => {
    const id = await open('agent');
    const [owner, other, watcher] = [await look(id), await look(id), await look(id)];
    expect(await owner.attach(id, { mode: 'takeover' })).toMatchObject({ mode: 'takeover' });
    const { client_id } = await owner.ask({ type: 'status' });
    expect(await other.sees('the new owner', ({ type }) => type === 'input_owner_changed')).toMatchObject({
      from: null,
      to: client_id,
      reason: 'takeover',
    });
    for (const frame of [{ type: 'message', content: 'say:no' }, { type: 'cancel' }, { type: 'command', name: 'clear', args: '' }])
      expect(await other.ask(frame)).toMatchObject({ type: 'error', code: 'not_owner', input_owner: client_id });
    expect(await other.ask({ type: 'command', name: 'model', args: '' })).toMatchObject({ type: 'system' });
    expect(await owner.ask({ type: 'message', content: 'permission' })).toMatchObject({ type: 'ack' });
    const { approval_id } = await other.sees('the question', ({ type }) => type === 'approval');
    await watcher.attach(id, { mode: 'observe' });
    expect(await watcher.ask({ type: 'answer', approval_id, decision: 'allow' })).toMatchObject({ type: 'error', code: 'not_owner' });
    expect(await other.ask({ type: 'answer', approval_id, decision: 'allow' })).toMatchObject({ type: 'ack', of: 'answer', state: 'answered' });
    await owner.ended(`${id}.1`);
    owner.close();
    const free = await other.sees('nobody owning it', ({ type, to }) => type === 'input_owner_changed' && to === null);
    expect(free).toMatchObject({ from: client_id, reason: 'left' });
    expect(await other.ask({ type: 'message', content: 'say:yes' })).toMatchObject({ type: 'ack' });
    expect(await watcher.ask({ type: 'message', content: 'say:no' })).toMatchObject({ code: 'not_owner' });
    for (const client of [other, watcher]) client.close();
  });
});

describe('attach', () => {
  test('goes on exactly behind a number', async () => {
    const id = await open('agent');
    const whole = await look(id);
    await whole.attach(id, { since: 0 });
    await whole.ask({ type: 'message', content: 'slowly:60 tool:bash' });
    const partial: Seen[] = [];
    for (let last = 0; !partial.some(({ type }) => type === 'done');) {
      const client = await ViewerClient.open(daemon);
      expect(await client.attach(id, { since: last })).toMatchObject({ since: last, session_id: id });
      await client.sees('something new', ({ seq, type }) => seq > last && type !== 'live');
      client.ws.terminate();
      partial.push(...client.transcript);
      last = partial.at(-1)!.seq;
    }
    await whole.ended(`${id}.1`);
    expect(partial).toEqual(whole.transcript.slice(0, partial.length));
    expect(partial.length).toBe(whole.transcript.length);
    whole.close();
  });

  test('tells what waits for an answer, which any client gives once', async () => {
    const id = await open('agent');
    await begin(id, 'permission');
    await waitFor(id, 'waiting');
    const [first, second] = [await ViewerClient.open(daemon), await look(id)];
    const { pending, streaming, turn_id } = await first.attach(id, { tail: 5 });
    expect({ streaming, turn_id }).toEqual({ streaming: true, turn_id: `${id}.1` });
    expect(pending).toMatchObject([{ tool_name: 'rm -r build', state: 'pending', options: [{ option_id: 'yes' }, { option_id: 'no' }] }]);
    const { approval_id } = pending[0];
    expect(await first.ask({ type: 'answer', approval_id, option_id: 'maybe' })).toMatchObject({ type: 'error', code: 'bad_args' });
    expect(await first.ask({ type: 'answer', approval_id: 'x.a1', decision: 'allow' })).toMatchObject({ type: 'error', code: 'no_such_approval' });
    expect(await first.ask({ type: 'answer', approval_id, option_id: 'no' })).toMatchObject({ type: 'ack', of: 'answer', option_id: 'no' });
    expect(await second.sees('the answer', ({ type }) => type === 'approval_resolved')).toMatchObject({
      approval_id,
      outcome: 'answered',
      option_id: 'no',
    });
    expect(await second.ask({ type: 'answer', approval_id, decision: 'allow' })).toMatchObject({ type: 'error', code: 'conflict' });
    await second.ended(`${id}.1`);
    for (const client of [first, second]) client.close();
  });

  test('moves a connection from one session to another; one of its own is refused without harm', async () => {
    const [one, two] = [await open('agent'), await open('agent')];
    const client = await look(one);
    await client.attach(two);
    const from = client.frames.length;
    await ok('session_prompt', { id: one, text: 'say:one', wait_secs: 60 });
    await ok('session_prompt', { id: two, text: 'say:two', wait_secs: 60 });
    await client.ended(`${two}.1`);
    expect(client.frames.slice(from).every(({ session_id }) => session_id === two)).toBe(true);
    expect(await client.ask({ type: 'attach', session: 'no such session' })).toMatchObject({ type: 'error', code: 'no_such_session' });
    expect(await client.ask({ type: 'attach', since: 1, tail: 1 })).toMatchObject({ type: 'error', code: 'invalid_frame' });
    expect(await client.ask({ type: 'status' })).toMatchObject({ session_id: two });
    client.close();
  });

  test('a session that is removed says so and lets go', async () => {
    const id = await open('agent');
    const client = await look(id);
    await ok('session_remove', { id, force: true });
    expect(await client.sees('the end', ({ type }) => type === 'ended')).toMatchObject({ reason: 'removed', session_id: id });
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

describe('what is wrong', () => {
  test('is told to its sender alone, and harms nobody', async () => {
    const id = await open('agent');
    const [client, other] = [await look(id), await look(id)];
    const errors = () => client.frames.filter(({ type }) => type === 'error');
    const bad = ['{', '[]', '42', '{"type":5}', '{}', '{"type":"message"}', '{"type":"message","content":""}', '{"type":"command","name":"model"}'];
    for (const frame of [...bad, '{"type":"answer","approval_id":"a","decision":"perhaps"}']) client.send(frame);
    client.ws.send(new Uint8Array([1, 2, 3]));
    await until('the errors', () => errors().length === bad.length + 2);
    expect(new Set(errors().map(({ code }) => code))).toEqual(new Set(['invalid_frame']));
    client.send('{"type":"dance","req_id":"d"}');
    expect(await client.sees('unknown', ({ req_id }) => req_id === 'd')).toMatchObject({ type: 'error', code: 'unknown_frame' });
    const big = JSON.stringify({ type: 'message', content: 'x'.repeat(4096) });
    client.send(big);
    expect(await client.sees('too large', ({ code }) => code === 'too_large')).toMatchObject({
      type: 'error',
      message: `Message too large: ${big.length} bytes exceeds limit of 4096 bytes`,
    });
    expect(await client.ask({ type: 'message', content: 'say:fine', unheard_of: 1 })).toMatchObject({ type: 'ack' });
    await Promise.all([client, other].map((each) => each.ended(`${id}.1`)));
    expect(other.frames.filter(({ type }) => type === 'error')).toEqual([]);
    for (const each of [client, other]) each.close();
  });
});

describe('the address', () => {
  test('is shared with calls: a first frame with a type makes a viewer, frames with an op stay calls', async () => {
    const client = await ViewerClient.open(daemon);
    client.send({ id: 1, op: 'ping' });
    expect(await client.sees('pong', ({ id }) => id === 1)).toMatchObject({ ok: true });
    expect(await client.ask({ type: 'status' })).toMatchObject({ type: 'status', session_id: 'default', agent: 'agent' });
    client.send({ id: 2, op: 'ping' });
    expect(await client.sees('pong', ({ id }) => id === 2)).toMatchObject({ ok: true });
    const [second, third] = [await ViewerClient.open(daemon, { protocols: ['zd.session'] }), await ViewerClient.open(daemon, { query: '?session=' })];
    expect(second.ws.protocol).toBe('zd.session');
    for (const each of [second, third]) expect(await each.ask({ type: 'status' })).toMatchObject({ session_id: 'default' });
    for (const each of [client, second, third]) each.close();
  });

  test('takes a token by header or subprotocol, never in the address, and asks for the origin and the scope', async () => {
    const id = await open('agent');
    const query = `?session=${id}`;
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const refusal = async (path: string, headers: Record<string, string>) => {
      const response = await daemon.tcp(path, { headers: { ...upgrade, ...headers } });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await refusal(`/ws${query}`, {})).toEqual([401, 'unauthorized']);
    expect(await refusal(`/ws${query}&token=full-token-0123456789`, bearer('full'))).toEqual([401, 'unauthorized']);
    expect(await refusal(`/ws${query}`, bearer('blind'))).toEqual([403, 'scope_denied']);
    expect((await refusal(`/ws${query}`, { ...bearer('full'), origin: 'https://evil.example' }))[0]).toBe(403);
    expect(await refusal('/ws?session=nobody', bearer('full'))).toEqual([404, 'no_such_session']);
    const page = await ViewerClient.open(daemon, {
      ...{ tcp: true, query, headers: { origin: 'https://app.example' } },
      protocols: ['zd.session', 'bearer.full-token-0123456789'],
    });
    expect(await page.ask({ type: 'message', content: 'say:page' })).toMatchObject({ type: 'ack' });
    await page.ended(`${id}.1`);
    expect(page.transcript[0]).toMatchObject({ type: 'user', by: 'full' });
    const reader = await ViewerClient.open(daemon, { tcp: true, query, headers: bearer('reader') });
    expect(await reader.ask({ type: 'status' })).toMatchObject({ type: 'status', session_id: id });
    for (const frame of [{ type: 'message', content: 'say:no' }, { type: 'cancel' }, { type: 'command', name: 'model', args: 'x' }])
      expect(await reader.ask(frame)).toMatchObject({ type: 'error', code: 'scope_denied' });
    const blind = await ViewerClient.open(daemon, { tcp: true, headers: bearer('blind') });
    expect(await blind.ask({ type: 'attach', session: id })).toMatchObject({ type: 'error', code: 'scope_denied' });
    for (const client of [page, reader, blind]) client.close();
  });
});
