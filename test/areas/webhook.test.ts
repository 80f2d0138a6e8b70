import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo } from '../helper/stream';

const SECRET = 'a secret of the github channel';
let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config: `[http.tokens]
hook = { token = "hook-token-0123456789", scopes = ["webhook.write"] }
reader = { token = "reader-token-0123456789", scopes = ["event.read"] }
[webhook.github]
secret = "${SECRET}"
[webhook.own]
secret = "another secret"
header = "X-My-Signature"
`,
  });
});

const sign = (body: string | Uint8Array, secret = SECRET) => `sha256=${new Bun.CryptoHasher('sha256', secret).update(body).digest('hex')}`;
const post = (channel: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  zd.tcp(`/webhook/${channel}`, { method: 'POST', headers, body: body as never });
const JSON_TYPE = { 'content-type': 'application/json' };
const newest = async () => (await zd.call('event_stats')).body.newest;

test('a signed request becomes an event with some headers and its body', async () => {
  const stream = await listenTo(zd, 'channel=http.webhook.*');
  const body = '{"action": "opened", "text": "ü"}';
  const response = await post('github', body, {
    ...JSON_TYPE,
    'x-hub-signature-256': sign(body),
    'x-github-event': 'issues',
    'x-github-delivery': '72d3162e',
    cookie: 'session=secret',
    'x-api-key': 'secret',
  });
  expect(response.status).toBe(200);
  const reply = await response.json();
  const frame = await stream.next();
  expect(reply).toEqual({ ok: true, event_id: frame.id, seq: frame.data.seq, delivered_to: 1 });
  expect(frame.data).toMatchObject({ scope: 'http', topic: 'webhook.github', source: 'webhook' });
  expect(frame.data.data).toMatchObject({
    channel: 'github',
    headers: { 'content-type': 'application/json', 'x-github-event': 'issues', 'x-github-delivery': '72d3162e' },
    body: { action: 'opened', text: 'ü' },
  });
  expect(JSON.stringify(frame.data)).not.toContain('secret');
});

test('text stays text, and a channel may name its own header', async () => {
  const stream = await listenTo(zd, 'channel=http.webhook.own');
  const bare = sign('a=1&b=2', 'another secret').slice('sha256='.length).toUpperCase();
  expect((await post('own', 'a=1&b=2', { 'content-type': 'application/x-www-form-urlencoded', 'x-my-signature': bare })).status).toBe(200);
  expect((await stream.next()).data.data.body).toBe('a=1&b=2');
  expect((await post('own', '', { 'x-my-signature': sign('', 'another secret') })).status).toBe(200);
  expect((await stream.next()).data.data.body).toBe('');
});

test('a token with the scope needs no signature and no configured channel', async () => {
  const token = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });
  expect((await post('free.channel', '1', { ...JSON_TYPE, ...token('hook') })).status).toBe(200);
  expect((await zd.fetch('/webhook/local', { method: 'POST', body: 'over the unix socket' })).status).toBe(200);
  const denied = await post('github', '1', { ...JSON_TYPE, ...token('reader') });
  expect([denied.status, await denied.json()]).toMatchObject([403, { code: 'scope_denied', required_scope: 'webhook.write' }]);
  expect((await post('github', '1', { authorization: 'Bearer wrong' })).status).toBe(401);
});

test('whoever can do neither gets one and the same answer, and nothing is stored', async () => {
  const before = await newest();
  const body = '{"a":1}';
  const attempts: [string, Record<string, string>][] = [
    ['github', {}],
    ['github', { 'x-hub-signature-256': sign(body, 'a wrong secret') }],
    ['github', { 'x-hub-signature-256': sign(`${body} `) }],
    ['github', { 'x-hub-signature-256': 'sha256=' }],
    ['github', { 'x-hub-signature-256': '0'.repeat(64) }],
    ['github', { 'x-my-signature': sign(body) }],
    ['own', { 'x-hub-signature-256': sign(body, 'another secret') }],
    ['unknown', { 'x-hub-signature-256': sign(body) }],
    ['unknown', { 'x-hub-signature-256': sign(body, '') }],
    ['unknown', {}],
  ];
  for (const [channel, headers] of attempts) {
    const response = await post(channel, body, { ...JSON_TYPE, ...headers });
    const { request_id: _, ...failure } = (await response.json()) as Record<string, unknown>;
    expect([response.status, failure]).toEqual([
      401,
      { ok: false, code: 'bad_signature', msg: expect.any(String) as unknown as string, hint: expect.any(String) as unknown as string },
    ]);
  }
  expect(await newest()).toEqual(before);
});

test.each([
  ['broken JSON', '{', JSON_TYPE, 400, 'bad_json'],
  ['deep JSON', '['.repeat(5000), JSON_TYPE, 400, 'bad_json'],
  ['bytes that are no text', new Uint8Array([0xff, 0xfe]), { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ['a body over the limit', 'x'.repeat(256 * 1024 + 1), {}, 413, 'too_large'],
] as const)('%s is refused', async (_, body, headers, status, code) => {
  const before = await newest();
  const response = await post('github', body as string, { ...headers, 'x-hub-signature-256': sign(body as string) });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  expect(await newest()).toEqual(before);
});

test('a chunked body over the limit is cut off, too', async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent++;
      controller.enqueue(new Uint8Array(64 * 1024));
      if (sent > 100) controller.close();
    },
  });
  const response = await zd.tcp('/webhook/github', { method: 'POST', body: endless });
  expect(response.status).toBe(413);
});

test('names that are no channel and other methods are refused', async () => {
  for (const name of ['%2e%2e', 'a%2fb', '-x', 'x'.repeat(65), 'a%00b']) {
    const { status } = await zd.fetch(`/webhook/${name}`, { method: 'POST', body: '1' });
    expect([400, 404, 405]).toContain(status);
  }
  expect((await zd.fetch('/webhook/github')).status).toBe(405);
});

test('the secret is nowhere to be read', async () => {
  const places = [zd.log(), JSON.stringify((await zd.call('config_list')).body), JSON.stringify((await zd.call('doctor')).body)];
  for (const text of places) expect(text).not.toContain(SECRET);
  expect((await zd.call('config_get', { key: 'webhook' })).body.value).toBe(
    '{"github":{"header":"x-hub-signature-256"},"own":{"header":"x-my-signature"}}',
  );
  expect(await zd.call('config_set', { key: 'webhook', value: '{}' })).toMatchObject({ status: 400, body: { code: 'bad_value' } });
});

test.each([
  ['[webhook]\ngithub = 7', 'channel "github"'],
  ['[webhook.github]\nsecret = ""', '"secret" is missing or empty'],
  ['[webhook.github]\nheader = "x"', '"secret" is missing or empty'],
  ['[webhook.github]\nsecret = "s"\nheader = "not a name"', 'no header name'],
  ['[webhook.github]\nsecret = "s"\nsecrets = "t"', 'unknown key "secrets"'],
  ['[webhook."a b"]\nsecret = "s"', 'a name has'],
])('the configuration %p is refused with its line', async (text, message) => {
  const file = `${zd.home}/other.toml`;
  await Bun.write(file, text);
  const { loadConfig } = await import('../../src/daemon/config');
  expect(() => loadConfig({ file, env: {} })).toThrow(new RegExp(`other\\.toml:\\d.*${message}`));
});
