import { beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { raw } from '../helper/raw';

let daemon: TestDaemon;
let ops: string[];
let before: unknown;

const state = async () => ({
  cache: (await daemon.call('cache_list', { ns: 'keep' })).body,
  config: (await daemon.call('config_list')).body.runtime,
});

beforeAll(async () => {
  daemon = await startDaemon();
  await daemon.call('cache_put', { ns: 'keep', key: 'k', value: 'v' });
  ops = ((await (await daemon.fetch('/ops')).json()) as { ops: string[] }).ops;
  before = await state();
});

/** Sends a body to an op and expects a refusal with a code. */
async function refused(op: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  const response = await daemon.fetch(`/op/${op}`, { method: 'POST', headers, body });
  const text = await response.text();
  expect([op, response.status, text]).toEqual([op, expect.any(Number), expect.stringContaining('"code"')]);
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  const reply = JSON.parse(text);
  expect(reply.ok).toBe(false);
  for (const member of ['code', 'msg', 'hint', 'request_id']) expect([member, typeof reply[member]]).toEqual([member, 'string']);
  return reply;
}

test('no op takes a broken body for an empty one', async () => {
  const broken = ['{', '[', '{"a":}', 'nul', '{"a":1}x', '\u0000', '{"ns":"a",}', "{'ns':1}", '\ufeff{}', '[]', 'null', '1', '"text"', 'true'];
  for (const op of ops) for (const body of broken) expect(['bad_json', 'bad_args']).toContain((await refused(op, body)).code);
});

test('unknown fields and __proto__ are refused by name', async () => {
  for (const op of ops) {
    expect((await refused(op, '{"no_such_field":1}')).code).toBe('bad_args');
    expect((await refused(op, '{"__proto__":{"ns":"keep"}}')).code).toBe('bad_args');
    expect((await refused(op, '{"constructor":{"prototype":{"x":1}}}')).code).toBe('bad_args');
  }
  const reply = await refused('cache_put', '{"ns":"keep","key":"k","value":1,"tll_secs":5}');
  expect(reply).toMatchObject({ path: '/tll_secs', msg: expect.stringContaining('unknown field') });
});

test('bad UTF-8, deep and huge bodies', async () => {
  expect((await refused('cache_put', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))).code).toBe('bad_json');
  for (const depth of [100, 10_000, 250_000]) {
    expect((await refused('cache_put', `{"ns":"keep","key":"k","value":${'['.repeat(depth)}${']'.repeat(depth)}}`)).code).toBe('bad_json');
    expect((await refused('publish', `{"topic":"t","data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`)).code).toBe('bad_json');
  }
  expect((await refused('ping', JSON.stringify({ echo: 'x'.repeat(3 * 1024 * 1024) }))).code).toBe('too_large');
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(32)) });
  const response = await daemon
    .fetch('/op/ping', { method: 'POST', headers: { 'content-type': 'application/json' }, body: endless })
    .catch((error: Error) => error);
  if (response instanceof Response) expect(response.status).toBe(413);
  expect((await daemon.call('ping')).status).toBe(200);
});

test('any JSON value in any field gets an answer below 500', async () => {
  const document = (await (await daemon.fetch('/openapi.json')).json()) as {
    paths: Record<string, { post?: { requestBody: { content: Record<string, { schema: { properties?: object } }> } } }>;
  };
  // What ends or slows the daemon by design is not called with luck.
  const callable = ops.filter((op) => op !== 'daemon');
  const fields = (op: string) => Object.keys(document.paths[`/op/${op}`]!.post!.requestBody.content['application/json']!.schema.properties ?? {});
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...callable),
      fc.array(fc.tuple(fc.nat(9), fc.jsonValue({ maxDepth: 2 })), { maxLength: 4 }),
      async (op, values) => {
        const names = fields(op);
        const input = Object.fromEntries(
          values
            .map(([at, value]) => [names[at % Math.max(1, names.length)] ?? 'x', value])
            .filter(([name, value]) => !(name === 'ns' && value === 'keep')),
        );
        if (op.startsWith('config_')) delete input.value;
        const { status, body } = await daemon.call(op, input);
        expect([op, input, status < 500]).toEqual([op, input, true]);
        expect(body.ok).toBe(status === 200);
      },
    ),
    { numRuns: 400 },
  );
});

test('over-long names and control characters', async () => {
  const names = ['', 'x'.repeat(100_000), 'a\u0000b', '\u0000', '\n'];
  for (const name of names) expect((await refused('cache_put', JSON.stringify({ ns: name, key: 'k', value: 1 }))).code).toBe('bad_args');
  for (const op of [
    '../ping',
    '..%2fping',
    'ping/',
    'ping%00',
    `${'x'.repeat(4000)}`,
    'PING',
    '__proto__',
    'constructor',
    'toString',
    '%',
    '%ff',
    ' ',
  ]) {
    const response = await daemon.fetch(`/op/${op}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect([op, response.status]).toEqual([op, 404]);
  }
});

test('unknown paths, queries and methods', async () => {
  for (const path of [
    '/nope',
    '/op',
    '/op/',
    '/stream',
    '/stream/nope',
    '/openapi/assets/..%2f..%2fpackage.json',
    '/openapi/assets/nope.js',
    '/%00',
    '/%',
    '/%ff',
    '/health/',
  ]) {
    const response = await daemon.fetch(path);
    expect([path, response.status]).toEqual([path, response.status === 405 ? 405 : 404]);
    expect(typeof JSON.parse(await response.text()).code).toBe('string');
  }
  for (const query of ['channel=', 'channel=nodot', 'channel=%00.*', 'nope=1', 'channel=%ff', `channel=${'a'.repeat(5000)}.b`, 'channel=bogus.x']) {
    const response = await daemon.fetch(`/stream/events?${query}`);
    expect([query, response.status]).toEqual([query, 400]);
  }
});

test('bytes that are not HTTP do not disturb anybody', async () => {
  for (const bytes of [
    '\u0000\u0000\u0000\u0005hello',
    'GET\r\n\r\n',
    'POST /op/ping HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
    'POST /op/ping HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  ]) {
    expect((await raw(daemon, 'unix', bytes)).status).toBeLessThan(500);
    expect((await raw(daemon, 'tcp', bytes)).status).toBeLessThan(500);
  }
  expect((await daemon.call('ping', { echo: 'alive' })).body.echo).toBe('alive');
});

test('nothing of all this changed anything', async () => {
  expect(await state()).toEqual(before as never);
  expect(daemon.log()).not.toContain('"level":"error"');
});
