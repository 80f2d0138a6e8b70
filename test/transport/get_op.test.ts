import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon();
  for (const key of ['a b', 'ä/&=?', 'z']) expect((await daemon.call('cache_put', { ns: 'get', key, value: { of: key } })).status).toBe(200);
});

const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe('an operation that only reads answers GET', () => {
  test('with the same reply as POST', async () => {
    for (const key of ['a b', 'ä/&=?']) {
      const input = { ns: 'get', key };
      const got = await daemon.fetch(`/op/cache_get?${query(input)}`);
      expect([got.status, got.headers.get('cache-control'), got.headers.get('content-type')]).toEqual([200, 'no-store', 'application/json']);
      expect(await got.json()).toEqual((await daemon.call('cache_get', input)).body);
    }
  });

  test('numbers and booleans are converted where the operation wants them', async () => {
    const page = (await (await daemon.fetch(`/op/cache_list?${query({ ns: 'get', limit: '1' })}`)).json()) as { keys: unknown[] };
    expect(page.keys).toHaveLength(1);
    const refused = await daemon.fetch(`/op/cache_list?${query({ ns: 'get', limit: 'many' })}`);
    expect([refused.status, ((await refused.json()) as { path: string }).path]).toEqual([400, '/limit']);
  });

  test('HEAD is GET without the body', async () => {
    const head = await daemon.fetch(`/op/cache_get?${query({ ns: 'get', key: 'z' })}`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('what is missing, unknown or given twice is refused as in a body', async () => {
    for (const [search, path] of [
      ['ns=get', '/key'],
      ['ns=get&key=z&colour=red', '/colour'],
      ['ns=get&key=z&key=y', '/key'],
      ['ns=get&key=z&__proto__=1', '/__proto__'],
    ]) {
      const response = await daemon.fetch(`/op/cache_get?${search}`);
      expect([search, response.status, ((await response.json()) as { path: string }).path]).toEqual([search!, 400, path!]);
    }
    expect((await daemon.fetch('/op/cache_get?ns=get&key=none')).status).toBe(404);
  });

  test('over TCP it needs the token, in the header only, and no foreign page', async () => {
    const path = `/op/cache_get?${query({ ns: 'get', key: 'z' })}`;
    const authorization = `Bearer ${daemon.token}`;
    expect((await daemon.tcp(path)).status).toBe(401);
    expect((await daemon.tcp(path, { headers: { authorization } })).status).toBe(200);
    expect((await daemon.tcp(`${path}&token=${daemon.token}`, { headers: { authorization } })).status).toBe(401);
    expect((await daemon.tcp(path, { headers: { authorization, 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  });
});
