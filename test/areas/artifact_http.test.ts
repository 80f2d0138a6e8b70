import { beforeAll, describe, expect, test } from 'bun:test';
import { blobFiles, bytesOf, sha256, temporaryFiles, upload } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { raw } from '../helper/raw';
import { until } from '../helper/until';

let daemon: TestDaemon;
const content = bytesOf(100_000);
const digest = sha256(content);

beforeAll(async () => {
  daemon = await startDaemon({
    config:
      '[http]\nallowed_origins = ["https://page.test"]\n[http.tokens]\nreader = { token = "reader-reader-reader", scopes = ["artifact.read"] }\n[artifact]\nmax_blob_bytes = 20000000\nmax_ns_bytes = 40000000\n',
  });
  expect((await upload(daemon, 'file', content, { 'content-type': 'image/png' })).status).toBe(201);
});

const get = (name: string, headers: Record<string, string> = {}, method = 'GET') => daemon.fetch(`/artifact/${name}`, { headers, method });
const code = async (response: Response) => ((await response.json()) as { code: string }).code;

describe('a download', () => {
  test('is the whole with its length, tag and type, and nothing a browser would run', async () => {
    const reply = await get('file');
    expect(new Uint8Array(await reply.arrayBuffer())).toEqual(content);
    const { headers } = reply;
    expect([reply.status, headers.get('content-length'), headers.get('etag'), headers.get('content-type'), headers.get('accept-ranges')]).toEqual([
      200,
      '100000',
      `"${digest}"`,
      'image/png',
      'bytes',
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''file");
  });

  test('by digest is the same in either case', async () => {
    for (const each of [digest, digest.toUpperCase()]) {
      const reply = await get(`by-digest/${each}`);
      expect([reply.status, sha256(new Uint8Array(await reply.arrayBuffer())), reply.headers.get('etag')]).toEqual([200, digest, `"${digest}"`]);
    }
    expect(await code(await get(`by-digest/${sha256('none')}`))).toBe('no_such_file');
    expect(await code(await get('by-digest/short'))).toBe('bad_args');
    expect(await code(await get(`by-digest/${digest}`, { range: 'bytes=100000-' }))).toBe('range_not_satisfiable');
    expect(await code(await get(`by-digest/${digest}`, {}, 'DELETE'))).toBe('method_not_allowed');
  });

  test('answers HEAD with the headers alone', async () => {
    const reply = await get('file', {}, 'HEAD');
    expect([reply.status, reply.headers.get('content-length'), reply.headers.get('etag'), await reply.text()]).toEqual([
      200,
      '100000',
      `"${digest}"`,
      '',
    ]);
    expect((await get('none', {}, 'HEAD')).status).toBe(404);
  });

  test('of nothing but a name is empty', async () => {
    await upload(daemon, 'empty', '');
    const reply = await get('empty');
    expect([reply.status, reply.headers.get('content-length'), await reply.text()]).toEqual([200, '0', '']);
    expect((await get('empty', { range: 'bytes=0-0' })).status).toBe(200);
  });

  test('is not sent again to who has it', async () => {
    for (const tag of [`"${digest}"`, `W/"${digest}"`, `"x", "${digest}"`, '*']) {
      const reply = await get('file', { 'if-none-match': tag });
      expect([tag, reply.status, await reply.text(), reply.headers.get('etag')]).toEqual([tag, 304, '', `"${digest}"`]);
    }
    expect((await get('file', { 'if-none-match': '"x"' })).status).toBe(200);
  });
});

describe('an upload', () => {
  test('answers 201 for a new name, then 200', async () => {
    const first = await upload(daemon, 'twice', 'one');
    expect([first.status, first.headers.get('etag'), await first.json()]).toEqual([
      201,
      `"${sha256('one')}"`,
      { ok: true, name: 'twice', digest: sha256('one'), bytes: 3, created: true },
    ]);
    expect((await upload(daemon, 'twice', 'two')).status).toBe(200);
    expect(await (await get('twice')).text()).toBe('two');
  });

  test('takes names percent-encoded, and refuses what is none', async () => {
    for (const [path, name] of [
      ['deep/er/x.txt', 'deep/er/x.txt'],
      ['deep%2Fer%2Fy%20z', 'deep/er/y z'],
      ['%C3%A4', 'ä'],
      ['a%25b', 'a%b'],
      ['a+b', 'a+b'],
      ['..x/y', '..x/y'],
    ] as const) {
      expect([path, ((await (await upload(daemon, path, path)).json()) as { name: string }).name]).toEqual([path, name]);
      expect(await (await get(path)).text()).toBe(path);
    }
    for (const path of ['x%00y', 'x%ff', '..%2Fx', 'a%2F..%2Fb', '%2e%2e%2f%2e%2e%2fetc', 'by-digest%2Fx', 'x%0a', 'x%2', 'a'.repeat(1025)])
      expect([path, await code(await upload(daemon, path, 'x'))]).toEqual([path, 'bad_args']);
    // Dot segments are gone before anybody sees the address: this is a PUT of /x, which is nothing.
    expect((await raw(daemon, 'unix', 'PUT /artifact/../x HTTP/1.1\r\nHost: zd\r\nContent-Length: 1\r\n\r\nx')).status).toBe(404);
    expect((await raw(daemon, 'unix', 'PUT /artifact/%2e%2e/op/ping HTTP/1.1\r\nHost: zd\r\nContent-Length: 1\r\n\r\nx')).status).toBe(405);
  });

  test('is compared with the digest it names, in the query or in a header', async () => {
    const right = sha256('checked');
    const field = (hex: string) => `sha-256=:${Buffer.from(hex, 'hex').toString('base64')}:`;
    expect((await upload(daemon, 'checked', 'checked', {}, `?digest=${right.toUpperCase()}`)).status).toBe(201);
    for (const header of ['content-digest', 'repr-digest'])
      expect((await upload(daemon, 'checked', 'checked', { [header]: field(right) })).status).toBe(200);
    expect((await upload(daemon, 'checked', 'checked', { digest: field(right).replaceAll(':', '') })).status).toBe(200);
    expect((await upload(daemon, 'checked', 'checked', { 'content-digest': `sha-512=:AAAA:, ${field(right)}` })).status).toBe(200);
    const wrong = sha256('other');
    expect(await code(await upload(daemon, 'unchecked', 'x', {}, `?digest=${wrong}`))).toBe('digest_mismatch');
    expect(await code(await upload(daemon, 'unchecked', 'x', { 'content-digest': field(wrong) }))).toBe('digest_mismatch');
    expect(await code(await upload(daemon, 'unchecked', 'x', { 'content-digest': 'sha-256=:AAAA:' }))).toBe('bad_args');
    expect(await code(await upload(daemon, 'unchecked', 'x', { 'content-digest': field(wrong) }, `?digest=${right}`))).toBe('bad_args');
    expect(await code(await upload(daemon, 'unchecked', 'x', {}, '?digest=12'))).toBe('bad_args');
    expect(await code(await upload(daemon, 'unchecked', 'x', {}, '?colour=red'))).toBe('bad_args');
    expect((await get('unchecked')).status).toBe(404);
    expect(blobFiles(daemon)).not.toContain(sha256('x'));
  });

  test('with a type that is no media type is bytes', async () => {
    await upload(daemon, 'typed', 'x', { 'content-type': 'text/html; charset=utf-8' });
    expect((await get('typed')).headers.get('content-type')).toBe('text/html; charset=utf-8');
    await upload(daemon, 'typed', 'x', { 'content-type': 'not a type' });
    expect((await get('typed')).headers.get('content-type')).toBe('application/octet-stream');
  });

  test('over the limit is refused, announced or not', async () => {
    const large = new Uint8Array(20_000_001);
    expect(await code(await upload(daemon, 'large', large))).toBe('too_large');
    const chunks = async function* () {
      for (let at = 0; at < 21; at++) yield new Uint8Array(1_000_000);
    };
    // The refusal may come before all was sent: then the client sees it or a closed connection.
    const status = await upload(daemon, 'large', new Response(chunks()).body!).then(
      (reply) => reply.status,
      () => 413,
    );
    expect(status).toBe(413);
    expect((await get('large')).status).toBe(404);
    await until('nothing is left of it', () => temporaryFiles(daemon).length === 0);
  });

  test('that breaks off leaves nothing', async () => {
    const socket = await Bun.connect({ unix: daemon.socket, socket: { data() {} } });
    socket.write(`PUT /artifact/broken HTTP/1.1\r\nHost: zd\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(500)}`);
    await until('the upload has begun', () => temporaryFiles(daemon).length === 1);
    socket.end();
    await until('nothing is left of it', () => temporaryFiles(daemon).length === 0);
    expect((await get('broken')).status).toBe(404);
    expect(blobFiles(daemon)).not.toContain(sha256('x'.repeat(500)));
    expect(daemon.log()).not.toContain('request failed');
  });

  test('goes beyond the limits of other bodies, and comes back as it was', async () => {
    const body = bytesOf(19_000_000, 7);
    expect((await upload(daemon, 'many', body)).status).toBe(201);
    expect(sha256(new Uint8Array(await (await get('many')).arrayBuffer()))).toBe(sha256(body));
    expect((await upload(daemon, 'quota/a', bytesOf(15_000_000, 8))).status).toBe(201);
    expect((await upload(daemon, 'quota/b', bytesOf(15_000_000, 9))).status).toBe(201);
    expect(await code(await upload(daemon, 'quota/c', bytesOf(15_000_000, 10)))).toBe('quota_exceeded');
    expect(blobFiles(daemon)).not.toContain(sha256(bytesOf(15_000_000, 10)));
  });
});

test('a delete answers 204, then 404', async () => {
  await upload(daemon, 'gone', 'x');
  expect((await get('gone', {}, 'DELETE')).status).toBe(204);
  expect(await code(await get('gone', {}, 'DELETE'))).toBe('no_such_file');
  expect(await code(await get('gone', {}, 'POST'))).toBe('method_not_allowed');
});

test('over TCP the token decides what one may', async () => {
  const tcp = (method: string, name: string, token?: string) =>
    daemon.tcp(`/artifact/${name}`, {
      method,
      ...(method === 'PUT' ? { body: 'x' } : {}),
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
  expect((await tcp('GET', 'file')).status).toBe(401);
  expect((await tcp('GET', 'file', 'reader-reader-reader')).status).toBe(200);
  for (const method of ['PUT', 'DELETE']) expect(await code(await tcp(method, 'file', 'reader-reader-reader'))).toBe('scope_denied');
  expect((await tcp('PUT', 'over-tcp', daemon.token)).status).toBe(201);
});

test('a page of a listed origin may upload and download, another one may not', async () => {
  const ask = (origin: string, method: string) =>
    daemon.tcp('/artifact/page', {
      method,
      headers: { origin, authorization: `Bearer ${daemon.token}` },
      ...(method === 'PUT' ? { body: 'x' } : {}),
    });
  const preflight = await ask('https://page.test', 'OPTIONS');
  expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'GET, POST, PUT, DELETE']);
  const put = await ask('https://page.test', 'PUT');
  expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([201, 'https://page.test']);
  const got = await ask('https://page.test', 'GET');
  expect([await got.text(), got.headers.get('access-control-expose-headers')]).toEqual(['x', 'etag, content-range, repr-digest, last-event-id']);
  expect((await ask('https://other.test', 'PUT')).status).toBe(403);
});

test('routes stand in the API document', async () => {
  const { paths } = (await (await daemon.fetch('/openapi.json')).json()) as { paths: Record<string, object> };
  expect(Object.keys(paths['/artifact/{name}'] ?? {}).toSorted()).toEqual(['delete', 'get', 'put']);
  expect(paths['/artifact/by-digest/{digest}']).toBeDefined();
});
