import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { raw } from '../helper/raw';

let daemon: TestDaemon;
let own: Record<string, string>;
const JSON_TYPE = { 'content-type': 'application/json' };
const CONFIG = `[http]
allowed_hosts = ["zd.test"]
allowed_origins = ["http://app.test:3000"]
[http.tokens]
full = "full-access-token-0001"
reader = { token = "reader-token-000000001", scopes = ["cache.read", "*.read"] }
cacher = { token = "cacher-token-000000001", scopes = ["cache.*"] }
none = { token = "nothing-token-00000001", scopes = [] }
`;

beforeAll(async () => {
  daemon = await startDaemon({ config: CONFIG });
  own = { authorization: `Bearer ${daemon.token}` };
});

const op = (name: string, headers: Record<string, string>, body: unknown = {}) =>
  daemon.tcp(`/op/${name}`, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const code = async (response: Response) => ((await response.json()) as { code: string }).code;

describe('token', () => {
  test('the generated token opens everything; without one, or with another, it is 401', async () => {
    expect((await op('ping', own)).status).toBe(200);
    for (const headers of [
      {},
      as(''),
      as('x'),
      as(`${daemon.token}x`),
      { authorization: daemon.token },
      { authorization: `bearer ${daemon.token}` },
    ]) {
      const response = await op('ping', headers as Record<string, string>);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect(await code(response)).toBe('unauthorized');
    }
  });

  test('a token in the address is refused, even a right one', async () => {
    expect((await daemon.tcp(`/stream/events?token=${daemon.token}`, { headers: own })).status).toBe(401);
    expect((await daemon.tcp(`/stream/events?access_token=${daemon.token}`)).status).toBe(401);
  });

  test('the order is 401, 403, 404: strangers learn nothing, narrow tokens learn no names', async () => {
    expect((await op('no_such_op', {})).status).toBe(401);
    expect((await op('no_such_op', as('reader-token-000000001'))).status).toBe(403);
    expect((await op('no_such_op', own)).status).toBe(404);
    expect((await op('cache_put', as('reader-token-000000001'), 'not even an object')).status).toBe(403);
    expect((await daemon.tcp('/nowhere')).status).toBe(401);
    expect((await daemon.tcp('/nowhere', { headers: own })).status).toBe(404);
  });

  test('scope patterns grant what they say; an empty list grants nothing', async () => {
    const put = { ns: 'gate', key: 'k', value: 1 };
    expect((await op('cache_put', as('cacher-token-000000001'), put)).status).toBe(200);
    expect((await op('cache_get', as('reader-token-000000001'), { ns: 'gate', key: 'k' })).status).toBe(200);
    expect((await op('cache_put', as('full-access-token-0001'), put)).status).toBe(200);
    const refused = await op('cache_get', as('nothing-token-00000001'), { ns: 'gate', key: 'k' });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ ok: false, code: 'scope_denied', required_scope: 'cache.read', granted_scopes: [] });
    expect((await daemon.tcp('/stream/events', { headers: as('cacher-token-000000001') })).status).toBe(403);
  });

  test('no secret reaches the log, an error or the process list', async () => {
    await op('ping', as('full-access-token-0001-but-wrong'));
    const secrets = [daemon.token, 'full-access-token-0001', 'reader-token-000000001'];
    const argv = await Bun.file(`/proc/${daemon.pid}/cmdline`).text();
    const doctor = JSON.stringify((await daemon.call('doctor')).body) + JSON.stringify((await daemon.call('config_list')).body);
    for (const secret of secrets) for (const place of [daemon.log(), argv, doctor]) expect(place).not.toContain(secret);
  });
});

describe('host and origin', () => {
  test('over TCP only known hosts are answered', async () => {
    for (const host of ['localhost', 'localhost:7733', '127.0.0.1', '[::1]:1', 'zd.test', 'ZD.test:80'])
      expect((await daemon.tcp('/health', { headers: { host } })).status).toBe(200);
    for (const host of ['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test', 'evil.test:7733'])
      expect((await daemon.tcp('/health', { headers: { host } })).status).toBe(421);
  });

  test('no Host, two Hosts and an absolute form do not get around the check', async () => {
    expect((await raw(daemon, 'tcp', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(400);
    expect((await raw(daemon, 'tcp', 'GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')).status).toBe(400);
    expect((await raw(daemon, 'tcp', 'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\nConnection: close\r\n\r\n')).status).toBe(400);
    expect((await raw(daemon, 'tcp', 'GET http://localhost/health HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n')).status).toBe(421);
    expect((await raw(daemon, 'tcp', 'GET /health HTTP/1.0\r\n\r\n')).status).toBe(400);
  });

  test('the unix socket takes any Host', async () => {
    for (const host of ['zd', 'a', 'evil.test', 'localhost']) expect((await daemon.fetch('/health', { headers: { host } })).status).toBe(200);
    const leave = new AbortController();
    expect((await daemon.fetch('/stream/events', { headers: { host: 'zd' }, signal: leave.signal })).status).toBe(200);
    leave.abort();
  });

  test('pages of other sites are refused, our own page and listed origins are not', async () => {
    for (const origin of ['null', 'http://evil.test', 'https://localhost', 'http://localhost:1', 'file://'])
      expect((await op('ping', { ...own, origin })).status).toBe(403);
    expect((await op('ping', { ...own, origin: daemon.url })).status).toBe(200);
    expect((await op('ping', { ...own, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    const listed = await op('ping', { ...own, origin: 'http://app.test:3000', 'sec-fetch-site': 'cross-site' });
    expect(listed.status).toBe(200);
    expect(listed.headers.get('access-control-allow-origin')).toBe('http://app.test:3000');
    expect((await op('ping', own)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a preflight is answered for listed origins only', async () => {
    const preflight = (origin: string) => daemon.tcp('/op/ping', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    expect((await preflight('http://app.test:3000')).status).toBe(204);
    expect((await preflight('http://app.test:3000')).headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await preflight('http://evil.test')).status).toBe(403);
  });

  test('a form or a text body cannot change anything', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=latin1',
      '',
    ]) {
      const response = await daemon.tcp('/op/cache_put', {
        method: 'POST',
        headers: { ...own, 'content-type': type },
        body: '{"ns":"gate","key":"form","value":1}',
      });
      expect(response.status).toBe(415);
      expect(await code(response)).toBe('unsupported_media_type');
    }
    expect((await daemon.call('cache_get', { ns: 'gate', key: 'form' })).status).toBe(404);
  });
});

describe('open routes', () => {
  test('health, ops, the document and metrics need no token; streams and ops do', async () => {
    for (const path of ['/health', '/ops', '/openapi', '/openapi.json', '/openapi/json', '/ui', '/ui/app.js', '/metrics'])
      expect((await daemon.tcp(path)).status).toBe(200);
    for (const path of ['/stream/events', '/x', '/op/ping']) expect([401, 405]).toContain((await daemon.tcp(path)).status);
    expect(await (await daemon.tcp('/health')).json()).toMatchObject({ ok: true, version: expect.any(String), uptime_ms: expect.any(Number) });
  });

  test('wrong methods get 405 with Allow', async () => {
    const get = await daemon.fetch('/op/cache_put?ns=gate&key=k&value=1');
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const put = await daemon.fetch('/op/ping', { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const response = await daemon.fetch('/health', { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
    }
  });
});
