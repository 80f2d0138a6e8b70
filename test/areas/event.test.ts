import { afterEach, beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo, type ListenOptions } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config:
      '[http.tokens]\nfull = "full-token-0123456789"\nwriter = { token = "writer-token-0123456789", scopes = ["event.write"] }\nreader = { token = "reader-token-0123456789", scopes = ["event.read"] }\n',
  });
});

let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}-token-0123456789` });
const query = (channels: string | readonly string[]) =>
  (typeof channels === 'string' ? [channels] : channels).map((each) => `channel=${encodeURIComponent(each)}`).join('&');

const listen = (daemon: TestDaemon, search = '', init: ListenOptions = {}) => listenTo(daemon, search, { signal: clients.signal, ...init });

const publish = (topic: string, data?: unknown, daemon = zd) => publishTo(daemon, topic, data);

test('two streams hear an event with its id, over the unix socket and TCP', async () => {
  const streams = [await listen(zd), await listen(zd, '', { tcp: true, headers: bearer('full') })];
  const first = await publish('build.done', { green: true });
  const second = await publish('build.done');
  expect(first.delivered_to).toBe(2);
  expect(second.seq).toBe(first.seq + 1);
  for (const stream of streams) {
    expect(stream.response.headers.get('content-type')).toStartWith('text/event-stream');
    expect(await stream.take(2)).toEqual([
      {
        id: first.event_id,
        event: 'pub',
        data: {
          subscription_id: null,
          scope: 'http',
          topic: 'build.done',
          data: { green: true },
          seq: first.seq,
          ts_ns: first.ts_ns,
          source: 'http',
          matched: ['*.*'],
        },
      },
      expect.objectContaining({ id: second.event_id, data: expect.objectContaining({ data: null, seq: second.seq }) }),
    ]);
  }
});

test('a stream hears what its patterns match, once, and which of them did', async () => {
  const both = await listen(zd, query(['http.build.*', '*.*.done']));
  const shell = await listen(zd, query('shell:0.deploy.?'));
  await publish('build.started');
  await publish('unrelated');
  await publish('build.done');
  const deployed = await publish('deploy.1');
  await publish('deploy.22');
  await publish('last.done');
  expect((await both.take(3)).map((frame) => [frame.data.topic, frame.data.matched])).toEqual([
    ['build.started', ['http.build.*']],
    ['build.done', ['*.*.done', 'http.build.*']],
    ['last.done', ['*.*.done']],
  ]);
  expect((await shell.next()).id).toBe(deployed.event_id);
});

test('nobody listening is zero deliveries, and the event is stored all the same', async () => {
  await until('the streams of earlier tests are gone', async () => (await zd.call('event_stats')).body.streams === 0);
  const { delivered_to, event_id } = await publish('alone');
  expect(delivered_to).toBe(0);
  const { body } = await zd.call('event_stats');
  expect(body.newest.event_id).toBe(event_id);
  expect(body.events).toBe(body.newest.seq - body.oldest.seq + 1);
});

test.each(['nodot', '.x', 'x.', 'foo.bar', 'shell:.x', '*.a\nb', '*.\0'])('the pattern %p is a 400 that says what is wrong', async (pattern) => {
  const response = await zd.fetch(`/stream/events?${query(['*.*', pattern])}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ ok: false, code: 'bad_pattern', path: '/channel' });
});

test('too many or too long patterns and unknown parameters are bad arguments', async () => {
  const many = query(Array.from({ length: 65 }, (_, at) => `*.t${at}`));
  for (const search of [many, query(`*.${'x'.repeat(1100)}`), 'chanel=*.*', 'channel=']) {
    const response = await zd.fetch(`/stream/events?${search}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'bad_args']);
  }
});

test.each([{}, { topic: '' }, { topic: 7 }, { topic: 'a\nb' }, { topic: 'x'.repeat(513) }, { topic: '\ud800' }, { topic: 'x', scope: 1 }])(
  'publishing %p is refused and stores nothing',
  async (input) => {
    const before = (await zd.call('event_stats')).body.newest;
    const { status, body } = await zd.call('publish', input);
    expect([status, body.code]).toEqual([400, 'bad_args']);
    expect((await zd.call('event_stats')).body.newest).toEqual(before);
  },
);

test('each token may do what its scopes grant', async () => {
  const denied = await zd.tcp('/stream/events', { headers: bearer('writer') });
  expect([denied.status, await denied.json()]).toMatchObject([403, { code: 'scope_denied', required_scope: 'event.read' }]);
  const stream = await listen(zd, '', { tcp: true, headers: bearer('reader') });
  const send = (token: string) =>
    zd.tcp('/op/publish', { method: 'POST', headers: { ...bearer(token), 'content-type': 'application/json' }, body: '{"topic":"by.token"}' });
  expect((await send('reader')).status).toBe(403);
  expect((await send('writer')).status).toBe(200);
  expect((await stream.next()).data.topic).toBe('by.token');
});

test('data comes out as it went in, up to the limit', async () => {
  const stream = await listen(zd);
  const samples = [
    'x'.repeat(256 * 1024 - 2),
    'line\nbreak\r\n\u2028 "quoted" \u0000 😀',
    [1, 1.5, -0.25, true, null],
    { __proto__: null, nested: { deep: [{}] } },
    '',
    0,
  ];
  for (const data of samples) await publish('sample', data);
  expect((await stream.take(samples.length)).map((frame) => frame.data.data)).toEqual(samples.map((sample) => JSON.parse(JSON.stringify(sample))));
  const { status, body } = await zd.call('publish', { topic: 'sample', data: 'x'.repeat(256 * 1024 - 1) });
  expect([status, body.code, body.limit, body.path]).toEqual([413, 'too_large', 256 * 1024, '/data']);
});

test('two hundred topics published at once are each heard once, in the order of their numbers', async () => {
  const streams = [await listen(zd), await listen(zd, query('*.burst.*'))];
  const replies = await Promise.all(Array.from({ length: 200 }, (_, at) => publish(`burst.${at}`, at)));
  for (const stream of streams) {
    const heard = await stream.take(200);
    expect(heard.map((frame) => frame.data.seq)).toEqual(replies.map((reply) => reply.seq).toSorted((a, b) => a - b));
    expect(heard.map((frame) => frame.data.data).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, at) => at));
    expect(new Set(heard.map((frame) => frame.id))).toEqual(new Set(replies.map((reply) => reply.event_id)));
  }
});

test('resuming behind an id brings what came after it, by header or query, and then live', async () => {
  const first = await publish('resume', 0);
  const stored = [await publish('resume', 1), await publish('resume', 2)];
  const streams = [
    await listen(zd, query('*.resume'), { headers: { 'last-event-id': first.event_id } }),
    await listen(zd, `${query('*.resume')}&last_event_id=${first.event_id}`),
    await listen(zd, `${query('*.resume')}&last_event_id=wrong`, { headers: { 'last-event-id': first.event_id } }),
  ];
  for (const stream of streams) expect((await stream.take(2)).map((frame) => frame.id)).toEqual(stored.map((event) => event.event_id));
  const live = await publish('resume', 3);
  for (const stream of streams) expect((await stream.next()).id).toBe(live.event_id);
});

test('an id of another log gets a gap frame', async () => {
  const stream = await listen(zd, '', { headers: { 'last-event-id': 'someone-else' } });
  const { body } = await zd.call('event_stats');
  expect(await stream.next()).toEqual({
    id: body.newest.event_id,
    event: 'gap',
    data: { requested: 'someone-else', oldest: body.oldest.event_id, newest: body.newest.event_id, lost: null },
  });
});

test('the same frames as NDJSON', async () => {
  const response = await zd.fetch('/stream/events', { headers: { accept: 'application/x-ndjson' }, signal: clients.signal });
  const { event_id } = await publish('as.ndjson');
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(event_id) && text.endsWith('\n')) break;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ id: event_id, event: 'pub', data: { topic: 'as.ndjson' } });
});

test('clients that leave are let go', async () => {
  await until('no stream is open', async () => (await zd.call('event_stats')).body.streams === 0);
  const leaving = new AbortController();
  const open = await Promise.all(Array.from({ length: 50 }, () => zd.fetch('/stream/events', { signal: leaving.signal })));
  expect(open.every((response) => response.ok)).toBe(true);
  expect((await zd.call('event_stats')).body).toMatchObject({ streams: 50, filters: 1 });
  leaving.abort();
  await until('the log has let go of them', async () => (await zd.call('event_stats')).body.streams === 0);
  expect((await publish('after')).delivered_to).toBe(0);
});

test('a client that stands still holds nobody up and is told what it missed', async () => {
  const slow = await startDaemon({ env: { ZD_LIMITS_QUEUE_EVENTS: '5' } });
  const still = await listen(slow);
  const quick = await listen(slow);
  const payload = 'x'.repeat(100 * 1024);
  let missed = 0;
  let published = 0;
  while (missed === 0) {
    const { event_id } = await publish('flood', payload, slow);
    expect((await quick.next()).id).toBe(event_id);
    published++;
    missed = (await slow.call('event_stats')).body.missed;
  }
  const end = await publish('end', null, slow);
  let covered = 0;
  for (let frame = await still.next(); ; frame = await still.next()) {
    if (frame.event === 'lagged') {
      expect(frame.data.from).toBe(covered + 1);
      covered = frame.data.to;
      continue;
    }
    expect(frame.data.seq).toBe(++covered);
    if (frame.id === end.event_id) break;
  }
  expect(covered).toBe(published + 1);
});

test('from the command line', async () => {
  const stream = await listen(zd);
  expect(await zd.zd('publish', 'cli.done', '{"n":1}')).toMatchObject({ code: 0, stdout: '1\n' });
  expect((await stream.next()).data).toMatchObject({ topic: 'cli.done', data: { n: 1 } });
});
