import { beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';

const READER = 'reader-token-0123456789';
let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: `[http.tokens]\nreader = { token = "${READER}", scopes = ["meta.read"] }\n` });
});

describe('ping and info', () => {
  test.each([['hello'], [{ deep: [1, null] }], [null], [0], [false]])('echo %p comes back as it was', async (echo) => {
    const { body } = await zd.call('ping', { echo });
    expect(body).toMatchObject({ ok: true, pong: true, echo });
    expect(Math.abs(body.ts_ns / 1e6 - Date.now())).toBeLessThan(60_000);
    expect(body.daemon_uptime_ms).toBeGreaterThanOrEqual(0);
  });

  test('what runs, and where', async () => {
    const { body } = await zd.call('info');
    expect(body).toMatchObject({
      daemon_pid: zd.pid,
      protocol_version: 1,
      cache_root: zd.home,
      log_path: join(zd.home, 'zd.log'),
      socket: zd.socket,
      catalog: null,
      shards: [],
    });
    expect(body.started_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
    expect(`http://${body.tcp.host}:${body.tcp.port}`).toBe(zd.url);
    expect(body.session_count).toBeGreaterThanOrEqual(1);
  });
});

describe('metrics', () => {
  test('count calls and failures, and unknown names under one', async () => {
    const before = (await zd.call('metrics')).body;
    await zd.call('ping');
    await zd.call('ping', { unknown: 1 });
    await zd.call('no_such_op_1');
    await zd.call('no_such_op_2');
    const { body } = await zd.call('metrics');
    const grown = (name: string) => (body.op_total[name] ?? 0) - (before.op_total[name] ?? 0);
    expect([grown('ping'), grown('unknown'), grown('metrics')]).toEqual([2, 2, 1]);
    expect(body.op_failures_total.ping).toBeGreaterThanOrEqual(1);
    expect(Object.keys(body.op_total)).not.toContain('no_such_op_1');
    expect(body.http_total).toContainEqual({ path: '/op/ping', code: 200, count: expect.any(Number) });
  });
});

describe('daemon', () => {
  test('status is the default verb', async () => {
    expect((await zd.call('daemon')).body).toMatchObject({ pid: zd.pid, protocol_version: 1, started_at: (await zd.call('info')).body.started_at });
    expect(await zd.call('daemon', { verb: 'explode' })).toMatchObject({ status: 400, body: { code: 'bad_verb', path: '/verb' } });
  });

  test('a reader sees the status and can neither stop, restart nor reload', async () => {
    const as = (verb: string) =>
      zd.tcp('/op/daemon', {
        method: 'POST',
        headers: { authorization: `Bearer ${READER}`, 'content-type': 'application/json' },
        body: JSON.stringify({ verb }),
      });
    expect((await as('status')).status).toBe(200);
    for (const verb of ['stop', 'restart', 'reload']) {
      const refused = await as(verb);
      expect([refused.status, await refused.json()]).toEqual([
        403,
        expect.objectContaining({ code: 'scope_denied', required_scope: 'meta.admin', granted_scopes: ['meta.read'] }),
      ]);
    }
    expect((await zd.call('ping')).status).toBe(200);
  });

  test('stop answers first and then ends well', async () => {
    const other = await startDaemon();
    expect((await other.call('daemon', { verb: 'stop' })).body).toEqual({ ok: true, stopping: true });
    expect(await other.ended()).toBe(0);
    expect(existsSync(other.socket)).toBe(false);
  });
});

describe('doctor', () => {
  const check = async (name: string) => (await zd.call('doctor')).body.checks.find((each: { name: string }) => each.name === name);

  test('all is well on a fresh daemon', async () => {
    const { body } = await zd.call('doctor');
    expect(body.checks.filter((each: { status: string }) => each.status === 'fail')).toEqual([]);
    expect(body).toMatchObject({ failed: 0, passed: body.total, total: body.checks.length });
    for (const name of [
      'config',
      'folder:data',
      'file_perms:zd.db',
      'token_file',
      'instance_lock',
      'socket_answers',
      'tcp_listener',
      'sqlite_version',
      'db_integrity:zd.db',
      'db_integrity:cache.db',
      'disk_free',
      'filesystem',
    ]) {
      expect(body.checks.map((each: { name: string }) => each.name)).toContain(name);
    }
  });

  test('the lock holds after it was looked at', async () => {
    await zd.call('doctor');
    expect((await check('instance_lock')).status).toBe('ok');
  });

  test('what is open to others, and a broken configuration, fail with the remedy and without secrets', async () => {
    const token = join(zd.home, 'token');
    const file = join(zd.home, 'config.toml');
    const before = readFileSync(file, 'utf8');
    chmodSync(token, 0o644);
    chmodSync(zd.home, 0o755);
    writeFileSync(file, `${before}\n[log]\ncolour = 1\n`);
    const { body } = await zd.call('doctor');
    chmodSync(token, 0o600);
    chmodSync(zd.home, 0o700);
    writeFileSync(file, before);
    const failed = body.checks.filter((each: { ok: boolean }) => !each.ok);
    expect(failed.map((each: { name: string }) => each.name)).toEqual(['config', 'folder:data', 'token_file']);
    expect(failed.map((each: { remedy: string }) => each.remedy)).toEqual([
      expect.stringContaining('zd config check'),
      `chmod 700 ${zd.home}`,
      expect.stringContaining(`rm ${token}`),
    ]);
    for (const secret of [READER, zd.token]) expect(JSON.stringify(body)).not.toContain(secret);
  });
});

describe('log', () => {
  test('level, rotation and size', async () => {
    expect((await zd.call('log_level', { directive: 'debug' })).body).toEqual({ ok: true, directive: 'debug' });
    expect(await zd.call('log_level', { directive: 'info,cache=debug' })).toMatchObject({ status: 400, body: { code: 'bad_value' } });
    expect((await zd.call('log_stats')).body.level).toBe('debug');
    expect((await zd.call('log_rotate')).body).toEqual({ ok: true, rotated: 1 });
    const { body } = await zd.call('log_stats');
    expect(body.files.map((each: { name: string }) => each.name).slice(0, 2)).toEqual(['zd.log', 'zd.log.1']);
    expect(body.total_bytes).toBe(body.files.reduce((sum: number, each: { bytes: number }) => sum + each.bytes, 0));
    expect(body.files[1].lines).toBeGreaterThan(0);
  });
});
