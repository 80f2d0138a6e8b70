import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { SessionEvent, STORED_TYPES, type StoredType } from '../../src/areas/session/event';
import { readFrame } from '../../src/client/session_frames';
import {
  clientFrame,
  faultFrame,
  FrameFault,
  parseFrame,
  serverFrame,
  tooLarge,
  type ClientFrame,
  type ClientType,
  type ServerFrame,
  type Status,
} from '../../src/transport/session/frames';

/** The compiler asks for every variant. */
const CLIENT: { readonly [T in ClientType]: readonly (ClientFrame & { type: T })[] } = {
  message: [
    { type: 'message', content: 'hi' },
    { type: 'message', content: 'hi', queue: true, req_id: 'r-1' },
  ],
  command: [{ type: 'command', name: 'model', args: '' }],
  cancel: [{ type: 'cancel' }, { type: 'cancel', req_id: 7 }],
  status: [{ type: 'status' }],
  history: [{ type: 'history' }, { type: 'history', before: 9, limit: 3 }],
  attach: [{ type: 'attach' }, { type: 'attach', session: 's', since: 4, mode: 'takeover' }, { type: 'attach', tail: 5 }],
  answer: [
    { type: 'answer', approval_id: 's.a1', option_id: 'yes' },
    { type: 'answer', approval_id: 's.a1', decision: 'deny' },
  ],
};

const STATUS: Status = {
  ...{ model: 'm-1', thinking: 'medium', streaming: false, total_input_tokens: 1, total_output_tokens: 2, session_cost: 0.5, connected_clients: 1 },
  ...{ agent: 'a', title: null, cwd: '/', state: 'idle', turn_id: null, queued: 0, pending_approvals: 0, auto_turns: 0, first_seq: 1, last_seq: 9 },
  ...{ client_id: 'c', mode: 'mirror', input_owner: null },
};
const at = { time: '09:14', ts_ns: 1, seq: 1, turn_id: 's.1' };
const SERVER: { readonly [T in ServerFrame['type']]: ServerFrame & { type: T } } = {
  system: { type: 'system', message: 'client connected (2 total)', code: 'client_joined', clients: 2 },
  error: { type: 'error', message: 'already streaming — cancel first or wait', code: 'busy' },
  history: {
    ...{ type: 'history', more: false, from_seq: 1, to_seq: 9 },
    messages: [
      { role: 'user', content: 'hi', trigger: 'user', by: 'http', ...at },
      { role: 'thinking', content: 'hm', ...at },
      { role: 'text', content: 'Hello', ...at },
      { role: 'tool_use', tool_name: 'bash', tool_id: 't1', input: { command: 'ls' }, ...at },
      { role: 'tool_result', tool_id: 't1', tool_name: 'bash', result: 'a.txt', failed: false, ...at },
      { role: 'system', content: 'notice', ...at },
      { role: 'error', content: 'unreachable', ...at },
    ],
  },
  status: { type: 'status', ...STATUS },
  attached: { type: 'attached', since: 3, pending: [{ approval_id: 's.a1' }], ...STATUS },
  ack: { type: 'ack', of: 'message', turn_id: 's.1', disposition: 'started' },
  input_owner_changed: { type: 'input_owner_changed', from: null, to: 'c', reason: 'takeover' },
};

/** As drivers make them; what stands for a string that JSON has to escape is in each. */
const odd = 'a "b" \n \u2028 \ud83d\ude00 }{';
const STORED: Readonly<Record<StoredType, Record<string, unknown>>> = {
  user: { content: odd, trigger: 'user', by: 'http' },
  thinking: { content: odd },
  text: { content: odd, message_id: 'm1' },
  tool_use_start: { tool_id: 't1', tool_name: odd },
  tool_use_delta: { tool_id: 't1', delta: '{"c' },
  tool_use: { tool_id: 't1', tool_name: 'bash', input: { command: odd } },
  tool_result_delta: { tool_id: 't1', delta: odd },
  tool_result: { tool_id: 't1', tool_name: 'bash', result: odd, failed: false },
  usage: { input_tokens: 10, output_tokens: 4, cache_read: 1, cache_write: null },
  approval: {
    approval_id: 's.a1',
    tool_id: 'p1',
    tool_name: odd,
    options: [{ option_id: 'y', name: 'Allow', kind: 'allow_once' }],
    expires_at_ns: 5,
  },
  approval_resolved: { approval_id: 's.a1', outcome: 'answered', option_id: 'y', by: 'http' },
  plan: { entries: [{ content: odd, priority: 'high', status: 'pending' }] },
  commands: { commands: [] },
  mode: { mode: 'ask' },
  info: {},
  queued: { queue_id: 1, content: odd, by: 'http', kind: 'message' },
  dequeued: { queue_id: 1, reason: 'sent' },
  notice: { text: odd },
  system: { message: odd },
  cleared: { by: 'http' },
  compacted: { characters: 5 },
  auto_turn_cap_reached: { cap: 5 },
  'acp.unknown': { update: { sessionUpdate: 'new' } },
  done: { stop_reason: 'end_turn', duration_ms: 5 },
  error: { reason: 'exited', message: odd },
};

describe('every frame survives the wire', () => {
  test.each(Object.values(CLIENT).flat())('client %j', (frame) => {
    expect(clientFrame(parseFrame(JSON.stringify(frame), 64))).toEqual(frame as never);
    expect(clientFrame(parseFrame(JSON.stringify({ ...frame, unheard_of: 1 }), 64))).toEqual(frame as never);
  });

  test.each(Object.values(SERVER))('server %j', (frame) => {
    const read = readFrame(serverFrame(frame, 's', 1000, 7))!;
    expect(read.data).toEqual({ session_id: 's', ts_ns: 1_000_000_000, req_id: 7, ...frame } as never);
    // Only what is stored has a number: a client that counts on it would skip what comes behind.
    expect({ type: read.type, seq: read.seq, reqId: read.reqId }).toEqual({ type: frame.type, seq: null, reqId: 7 });
  });

  test.each([...STORED_TYPES])('event %s', (type) => {
    const data = STORED[type];
    const read = readFrame(new SessionEvent('s', 3, 1000, 2, type, JSON.stringify(data)).frame())!;
    expect(read.data).toEqual({ type, session_id: 's', turn_id: 's.2', seq: 3, ts_ns: 1_000_000_000, ...data });
    expect(read).toMatchObject({ type, seq: 3, turn: 's.2', reqId: null });
  });

  test('also those that only this connection hears, one of another server, and what is none', () => {
    for (const type of ['live', 'ended', 'shutdown'] as const)
      expect(readFrame(new SessionEvent('s', 9, 1000, null, type, '{}').frame())).toMatchObject({ type, seq: null, turn: null });
    expect(readFrame('{"type":"tool_use_delta","delta":"x"}')).toMatchObject({ type: 'tool_use_delta', data: { delta: 'x' } });
    expect(readFrame('{"type":"from the future"}')).toMatchObject({ type: 'from the future' });
    for (const text of ['', '{', '[]', '42', '{"type":1}', '{"event":"match"}']) expect(readFrame(text)).toBeNull();
  });
});

describe('a frame that is wrong', () => {
  const faultOf = (text: string) => {
    try {
      clientFrame(parseFrame(text, 8));
    } catch (error) {
      return faultFrame(error);
    }
    throw new Error(`taken: ${text}`);
  };

  test.each([
    ['{', 'invalid_frame'],
    ['[]', 'invalid_frame'],
    ['null', 'invalid_frame'],
    ['{"type":"message","content":7}', 'invalid_frame'],
    ['{"type":"command","name":"x"}', 'invalid_frame'],
    ['{"type":"attach","mode":"boss"}', 'invalid_frame'],
    [`{"type":"message","content":"x","deep":${'['.repeat(20)}${']'.repeat(20)}}`, 'invalid_frame'],
    ['{"type":"__proto__"}', 'unknown_frame'],
    ['{"type":"toString"}', 'unknown_frame'],
  ])('%s', (text, code) => {
    expect(faultOf(text)?.frame).toMatchObject({ type: 'error', code, message: expect.any(String) });
  });

  test('is answered with the number it brought', () => {
    expect(faultOf('{"type":"message","req_id":"r"}')).toMatchObject({ reqId: 'r' });
    expect(faultOf('{"type":"nothing","req_id":5}')).toMatchObject({ reqId: 5 });
    expect(faultFrame(tooLarge(9, 8))?.frame).toEqual({
      type: 'error',
      code: 'too_large',
      message: 'Message too large: 9 bytes exceeds limit of 8 bytes',
      limit: 8,
    });
  });

  test('never throws anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.record({ type: fc.constantFrom(...Object.keys(CLIENT)), content: fc.jsonValue() }).map((v) => JSON.stringify(v)),
        ),
        (text) => {
          try {
            expect(Object.keys(CLIENT)).toContain(clientFrame(parseFrame(text, 8)).type);
          } catch (error) {
            expect(error).toBeInstanceOf(FrameFault);
          }
        },
      ),
    );
  });
});
