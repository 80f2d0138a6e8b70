import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';

const SECRET = 'configured-token-0123456789';
let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config: `[http.tokens]\nci = { token = "${SECRET}", scopes = ["meta.read"] }\n[cache]\nmax_value_bytes = 5000\n`,
    env: { ZD_LOG_MAX_FILES: '3' },
  });
});
const get = async (key: string) => (await zd.call('config_get', { key })).body;
const set = (key: string, value: unknown, persist?: boolean) => zd.call('config_set', { key, value, persist });

describe('reading', () => {
  test('a value with its source', async () => {
    expect(await get('cache.max_value_bytes')).toEqual({ ok: true, key: 'cache.max_value_bytes', value: '5000', source: 'config.toml:6' });
    expect(await get('log.max_files')).toMatchObject({ value: '3', source: 'env ZD_LOG_MAX_FILES' });
    expect(await get('events.max_count')).toMatchObject({ source: 'default' });
  });

  test('only declared keys: neither the environment nor a prototype can be read', async () => {
    for (const key of ['HOME', 'ZD_HOME', 'http', 'http.token', '__proto__', 'constructor', 'log.level ']) {
      expect(await zd.call('config_get', { key })).toMatchObject({ status: 404, body: { ok: false, code: 'no_such_key', path: '/key' } });
    }
    expect((await zd.call('config_get', { key: '' })).body).toMatchObject({ code: 'bad_args', path: '/key' });
  });

  test('the list has every setting and no secret', async () => {
    const { body } = await zd.call('config_list');
    expect(body.settings.find((row: { key: string }) => row.key === 'http.tokens')).toMatchObject({ value: '{"ci":["meta.read"]}', settable: false });
    expect(body.settings.find((row: { key: string }) => row.key === 'http.listen')).toMatchObject({ needs_restart: true, env: 'ZD_HTTP_LISTEN' });
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });
});

describe('changing', () => {
  test('the cache limit holds from the next call on', async () => {
    const big = 'x'.repeat(6000);
    expect((await zd.call('cache_put', { ns: 'n', key: 'k', value: big })).status).toBe(413);
    expect((await set('cache.max_value_bytes', 10_000)).body).toEqual({
      ok: true,
      key: 'cache.max_value_bytes',
      value: '10000',
      prior: '5000',
      source: 'runtime',
      persisted: false,
    });
    expect((await zd.call('cache_put', { ns: 'n', key: 'k', value: big })).status).toBe(200);
    expect((await zd.call('config_list')).body.runtime).toEqual({ 'cache.max_value_bytes': '10000' });
    expect((await set('cache.max_value_bytes', null)).body).toMatchObject({ value: '5000', prior: '10000', source: 'config.toml:6' });
    expect((await zd.call('config_list')).body.runtime).toEqual({});
  });

  test('the request limit holds too', async () => {
    await set('limits.body_bytes', '2048');
    expect(await zd.call('ping', { echo: 'x'.repeat(4000) })).toMatchObject({ status: 413, body: { code: 'too_large' } });
    await set('limits.body_bytes', null);
    expect((await zd.call('ping', { echo: 'x'.repeat(4000) })).status).toBe(200);
  });

  test('the log level and its rotation', async () => {
    await set('log.max_bytes', 4096);
    await set('log.max_files', 1);
    for (let at = 0; !existsSync(join(zd.home, 'zd.log.1')); at++) {
      expect(at).toBeLessThan(200);
      await zd.call('daemon', { verb: 'reload' });
    }
    expect(statSync(join(zd.home, 'zd.log.1')).size).toBeLessThanOrEqual(4096);
    expect((await set('log.level', 'error')).body).toMatchObject({ value: 'error', prior: 'info' });
    expect((await zd.call('log_level', {})).body).toEqual({ ok: true, directive: 'error' });
    for (const key of ['log.max_bytes', 'log.max_files', 'log.level']) await set(key, null);
  });

  test.each([
    ['log.level', 'loud'],
    ['log.level', 3],
    ['log.max_files', 'many'],
    ['log.max_files', -1],
    ['log.max_files', 1.5],
    ['limits.body_bytes', 0],
    ['limits.body_bytes', true],
    ['cache.max_value_bytes', []],
    ['events.max_count', {}],
    ['http.open', true],
    ['http.tokens', { a: 'b' }],
    ['http.listen', 'off'],
  ])('%s = %p is refused and changes nothing', async (key, value) => {
    const before = await get(key);
    expect(await set(key, value)).toMatchObject({ status: 400, body: { ok: false, code: 'bad_value' } });
    expect(await get(key)).toEqual(before);
  });

  test('an unknown key is told apart from a bad value', async () => {
    expect(await set('log.colour', 'red')).toMatchObject({ status: 404, body: { code: 'no_such_key' } });
  });

  test('what is persisted holds after a restart, what is not does not', async () => {
    expect((await set('log.max_files', 7, true)).body).toMatchObject({ value: '7', source: 'override', persisted: true });
    await set('shutdown.grace_ms', 1234);
    const file = join(zd.home, 'overrides.json');
    expect([JSON.parse(readFileSync(file, 'utf8')), statSync(file).mode & 0o777]).toEqual([{ 'log.max_files': '7' }, 0o600]);
    await zd.restart();
    expect(await get('log.max_files')).toMatchObject({ value: '7', source: 'override' });
    expect(await get('shutdown.grace_ms')).toMatchObject({ source: 'default' });
    expect((await set('log.max_files', null, true)).body).toMatchObject({ value: '3', source: 'env ZD_LOG_MAX_FILES' });
  });
});

describe('reload', () => {
  test('says what changed and what needs a restart, and is refused as a whole', async () => {
    const file = join(zd.home, 'config.toml');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('127.0.0.1:0', '127.0.0.1:1').replace('5000', '6000').replace('meta.read', 'meta.*'));
    expect((await zd.call('daemon', { verb: 'reload' })).body).toEqual({
      ok: true,
      changed: ['http.tokens', 'cache.max_value_bytes'],
      needs_restart: ['http.listen'],
      warnings: [],
    });
    expect(await get('http.listen')).toMatchObject({ value: '127.0.0.1:0' });
    writeFileSync(file, `${before}\n[log]\nlevel = "x"\n`);
    expect(await zd.call('daemon', { verb: 'reload' })).toMatchObject({
      status: 400,
      body: { code: 'bad_value', msg: expect.stringContaining('config.toml:9: log.level') },
    });
    expect(await get('cache.max_value_bytes')).toMatchObject({ value: '6000' });
    writeFileSync(file, before);
    expect((await zd.call('daemon', { verb: 'reload' })).body.changed).toEqual(['http.tokens', 'cache.max_value_bytes']);
  });

  test('a new token works and a removed one does not, without a restart', async () => {
    const ping = (token: string) =>
      zd.tcp('/op/ping', { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{}' });
    expect((await ping(SECRET)).status).toBe(200);
    const file = join(zd.home, 'config.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(SECRET, `${SECRET}-next`));
    await zd.call('daemon', { verb: 'reload' });
    expect([(await ping(SECRET)).status, (await ping(`${SECRET}-next`)).status]).toEqual([401, 200]);
  });
});
