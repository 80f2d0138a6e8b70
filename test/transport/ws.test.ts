import { beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { openSocket, type SocketOptions } from '../helper/socket';
import { publishTo } from '../helper/stream';
import { until } from '../helper/until';

const tokens = (list: string) =>
  `[http]\nlisten = "127.0.0.1:0"\n[http.tokens]\nkeeper = "keeper-token-0123456789"\n${list}\n[limits]\nstreams_per_token = 3\nsubscriptions = 100\n`;
const ALL =
  'full = "full-token-0123456789"\nreader = { token = "reader-token-0123456789", scopes = ["event.read"] }\nother = { token = "other-token-0123456789", scopes = ["cache.*"] }\n';
const bearer = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: tokens(ALL) });
});
const over = (options?: SocketOptions) => openSocket(zd, options);
const refused = async (options: SocketOptions) => expect(over(options)).rejects.toThrow('refused');

test('a call gets its reply by id over both listeners, failures in the same envelope', async () => {
  for (const options of [{}, { tcp: true, headers: bearer('full') }]) {
    const socket = await over(options);
    expect(await socket.call('ping', { echo: 'a' })).toMatchObject({ id: 1, ok: true, pong: true, echo: 'a' });
    expect(await socket.reply('x-1', '{"id":"x-1","op":"ping"}')).toMatchObject({ id: 'x-1', ok: true });
    expect(await socket.call('no_such_op')).toMatchObject({ ok: false, err: { code: 'unknown_op', hint: expect.any(String) } });
    expect(await socket.call('cache_get', { ns: 7, key: 'k' })).toMatchObject({ ok: false, err: { code: 'bad_args', path: '/ns' } });
    socket.ws.close();
    await socket.closed;
  }
});

test('calls of one socket do not wait for each other', async () => {
  const socket = await over();
  const waiting = socket.call('wait_for_event', { patterns: '*.ws.late' });
  expect((await socket.call('ping')).ok).toBe(true);
  await until('the wait follows the log', async () => (await zd.call('event_stats')).body.streams === 1);
  await publishTo(zd, 'ws.late', 1);
  expect(await waiting).toMatchObject({ ok: true, topic: 'ws.late', data: 1 });
  socket.ws.close();
});

describe('the gate', () => {
  test('a token is needed over TCP, in a header or as a subprotocol, never in the address', async () => {
    await refused({ tcp: true });
    await refused({ tcp: true, headers: bearer('wrong') });
    await refused({ tcp: true, protocols: ['zd', 'bearer.wrong'] });
    const socket = await over({ tcp: true, protocols: ['zd', 'bearer.full-token-0123456789'] });
    expect(socket.ws.protocol).toBe('zd');
    expect((await socket.call('ping')).ok).toBe(true);
    socket.ws.close();
    const response = await zd.tcp('/ws?token=full-token-0123456789', { headers: { ...bearer('full'), upgrade: 'websocket' } });
    expect(response.status).toBe(401);
  });

  test('foreign pages and hosts are refused', async () => {
    await refused({ tcp: true, headers: { ...bearer('full'), origin: 'http://evil.test' } });
    await refused({ tcp: true, headers: { ...bearer('full'), host: 'evil.test' } });
    const socket = await over({ tcp: true, headers: { ...bearer('full'), origin: zd.url } });
    socket.ws.close();
  });

  test('a request without an upgrade is a 400, another method a 405', async () => {
    expect([(await zd.fetch('/ws')).status, (await zd.fetch('/ws', { method: 'POST' })).status]).toEqual([400, 405]);
  });

  test('each call needs the scope of its operation', async () => {
    const socket = await over({ tcp: true, headers: bearer('other') });
    expect(await socket.call('publish', { topic: 'x' })).toMatchObject({ ok: false, err: { code: 'scope_denied', required_scope: 'event.write' } });
    expect(await socket.call('subscribe', { pattern: '*.*' })).toMatchObject({ ok: false, err: { code: 'scope_denied' } });
    expect((await socket.call('cache_put', { ns: 'ws', key: 'k', value: 1 })).ok).toBe(true);
    socket.ws.close();
  });

  test('sockets count as streams of their token', async () => {
    const open = await Promise.all(Array.from({ length: 3 }, () => over({ tcp: true, headers: bearer('keeper') })));
    await refused({ tcp: true, headers: bearer('keeper') });
    open[0]!.ws.close();
    await open[0]!.closed;
    const again = await until('the slot is free', () => over({ tcp: true, headers: bearer('keeper') }).catch(() => null));
    for (const each of [...open, again]) each.ws.close();
  });
});

test('a fault in a frame is answered and the socket stays', async () => {
  const socket = await over();
  const bad: [string, string][] = [
    ['{', 'bad_json'],
    ['7', 'bad_args'],
    ['null', 'bad_args'],
    ['{"op":"ping"}', 'bad_args'],
    ['{"id":1.5,"op":"ping"}', 'bad_args'],
    ['{"id":{},"op":"ping"}', 'bad_args'],
    [`{"id":0,"op":"publish","args":{"topic":"t","data":${'['.repeat(100)}${']'.repeat(100)}}}`, 'bad_json'],
    [JSON.stringify({ id: 0, op: 'publish', args: { topic: 't', data: 'x'.repeat(3_000_000) } }), 'too_large'],
  ];
  for (const [text, code] of bad) expect(await socket.reply(0, text)).toMatchObject({ id: 0, ok: false, err: { code } });
  expect(await socket.reply(5, '{"id":5}')).toMatchObject({ id: 5, ok: false, err: { code: 'bad_args', path: '/op' } });
  expect(await socket.reply(6, '{"id":6,"op":"ping","args":[]}')).toMatchObject({ id: 6, ok: false, err: { code: 'bad_args' } });
  const binary = socket.reply(0, '');
  socket.ws.send(new Uint8Array([1, 2]));
  expect(await binary).toMatchObject({ id: 0, ok: false, err: { code: 'bad_json' } });
  expect((await socket.call('ping')).ok).toBe(true);
  socket.ws.close();
});

test('whatever text comes is answered', async () => {
  const socket = await over();
  const frame = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ id: fc.oneof(fc.integer(), fc.string(), fc.anything()), op: fc.anything(), args: fc.anything() })
      .map((each) => JSON.stringify(each) ?? ''),
  );
  let answers = 0;
  socket.ws.addEventListener('message', () => void answers++);
  await fc.assert(
    fc.asyncProperty(frame, async (text) => {
      const before = answers;
      socket.ws.send(text);
      await until('an answer', () => answers > before);
    }),
    { numRuns: 100 },
  );
  expect((await socket.call('ping')).ok).toBe(true);
  socket.ws.close();
});

test('what a socket waits for ends with it', async () => {
  const socket = await over();
  void socket.call('wait_for_event', { patterns: '*.never' });
  await until('the wait follows the log', async () => (await zd.call('event_stats')).body.streams === 1);
  socket.ws.terminate();
  await until('the wait is over', async () => (await zd.call('event_stats')).body.streams === 0);
});

describe('subscriptions', () => {
  test('events come to the socket that subscribed, once, and say which subscriptions they are for', async () => {
    const [socket, silent] = [await over(), await over()];
    const first = await socket.call('subscribe', { pattern: '*.sub.*' });
    const second = await socket.call('subscribe', { pattern: 'http.*.done' });
    expect(first).toMatchObject({ ok: true, pattern: '*.sub.*' });
    const { event_id, seq, ts_ns, delivered_to } = await publishTo(zd, 'sub.done', { n: 1 });
    expect(delivered_to).toBe(1);
    expect(await socket.event()).toEqual({
      event: 'match',
      event_id,
      subscription_id: first.subscription_id,
      subscription_ids: [first.subscription_id, second.subscription_id],
      scope: 'http',
      topic: 'sub.done',
      data: { n: 1 },
      seq,
      ts_ns,
      source: 'http',
      matched: ['*.sub.*', 'http.*.done'],
    });
    expect(await socket.call('unsubscribe', { pattern: '*.sub.*' })).toMatchObject({ removed: 1 });
    expect(await socket.call('unsubscribe', { id: first.subscription_id })).toMatchObject({ removed: 0 });
    await publishTo(zd, 'sub.other');
    await publishTo(zd, 'last.done');
    expect(await socket.event()).toMatchObject({ topic: 'last.done', subscription_ids: [second.subscription_id] });
    expect(silent.pending()).toBe(0);
    for (const each of [socket, silent]) each.ws.close();
  });

  test('a pause holds events back and the resume says how many', async () => {
    const socket = await over();
    const { subscription_id: id } = await socket.call('subscribe', { pattern: '*.pause' });
    await socket.call('subscribe', { pattern: '*.flow' });
    expect(await socket.call('subscription_set_paused', { paused: true, id })).toMatchObject({ affected: 1, paused: true, missed: 0 });
    await publishTo(zd, 'pause', 1);
    await publishTo(zd, 'pause', 2);
    await publishTo(zd, 'flow');
    expect((await socket.event()).topic).toBe('flow');
    expect(await socket.call('subscribe', { list: true })).toMatchObject({ subscriptions: [{ id, paused: true }, { paused: false }] });
    expect(await socket.call('subscription_set_paused', { paused: false, all: true })).toMatchObject({ affected: 1, paused: false, missed: 2 });
    await publishTo(zd, 'pause', 3);
    expect(await socket.event()).toMatchObject({ topic: 'pause', data: 3 });
    socket.ws.close();
  });

  test('a new socket goes on behind the last event of the old one', async () => {
    const before = await publishTo(zd, 'resume.ws', 0);
    await publishTo(zd, 'resume.ws', 1);
    const socket = await over();
    await socket.call('subscribe', { pattern: ['*.resume.ws', '*.never'], since: before.event_id });
    expect(await socket.event()).toMatchObject({ data: 1, matched: ['*.resume.ws'] });
    expect(await socket.call('subscribe', { pattern: '*.x', since: before.event_id })).toMatchObject({
      ok: false,
      err: { code: 'bad_args', path: '/since' },
    });
    const lost = await over();
    await lost.call('subscribe', { pattern: '*.*', since: 'elsewhere0-5' });
    expect(await lost.event()).toMatchObject({ event: 'gap', requested: 'elsewhere0-5', event_id: expect.any(String) });
    for (const each of [socket, lost]) each.ws.close();
  });

  test('ten thousand are refused with the limit, bad patterns with the reason', async () => {
    const socket = await over();
    const replies = [];
    for (let at = 0; at < 10_000; at += 50)
      replies.push(await socket.call('subscribe', { pattern: Array.from({ length: 50 }, (_, n) => `*.many.${at + n}`) }));
    expect(replies.filter((reply) => reply.ok)).toHaveLength(2);
    for (const reply of replies.filter((each) => !each.ok)) expect(reply.err).toMatchObject({ code: 'too_many', limit: 100 });
    expect(await socket.call('subscribe', { pattern: 'nodot' })).toMatchObject({ ok: false, err: { code: 'bad_pattern' } });
    socket.ws.close();
  });

  test('they end with the socket', async () => {
    const socket = await over();
    await socket.call('subscribe', { pattern: '*.gone' });
    expect((await publishTo(zd, 'gone')).delivered_to).toBe(1);
    socket.ws.terminate();
    await until('the subscription is gone', async () => (await publishTo(zd, 'gone')).delivered_to === 0);
    expect((await zd.call('subscribe', { list: true })).body.subscriptions).toEqual([]);
  });

  test('a client that does not read holds nobody up and is told what it missed', async () => {
    const slow = await startDaemon({ env: { ZD_LIMITS_QUEUE_EVENTS: '5' } });
    const still = await openSocket(slow);
    const quick = await openSocket(slow);
    await still.call('subscribe', { pattern: '*.flood' });
    await quick.call('subscribe', { pattern: '*.flood' });
    (still.ws as unknown as { pause(): void }).pause();
    const payload = 'x'.repeat(100 * 1024);
    for (let missed = 0; missed === 0; missed = (await slow.call('event_stats')).body.missed) {
      const { event_id } = await publishTo(slow, 'flood', payload);
      expect((await quick.event()).event_id).toBe(event_id);
    }
    (still.ws as unknown as { resume(): void }).resume();
    let covered = 0;
    for (let frame = await still.event(); ; frame = await still.event()) {
      if (frame.event === 'lagged') {
        expect([frame.from, frame.missed]).toEqual([covered + 1, frame.to - covered]);
        break;
      }
      expect(frame.seq).toBe(++covered);
    }
    still.ws.close();
    quick.ws.close();
  });
});
