import { describe, expect, test } from 'bun:test';
import { existsSync, lstatSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

const READER = 'reader-token-0123456789';
const CLERK = 'clerk-token-0123456789';
const TOKENS = `[http.tokens]\nreader = { token = "${READER}", scopes = ["meta.read"] }\nclerk = { token = "${CLERK}", scopes = ["cache.read"] }\n`;
const PARTS = [
  'zd_db',
  'cache_db',
  'event_retention',
  'definitions_sweep',
  'shells',
  'ask_expiry',
  'history_retention',
  'long_commands',
  'cache_sweep',
  'scheduler',
  'watcher',
  'runtime_deadlines',
  'session_retention',
  'tcp_listener',
  'unix_listener',
];

interface Part {
  readonly name: string;
  readonly state: string;
  readonly restarts: number;
  readonly last_error?: string | null;
}

const verbose = async (daemon: TestDaemon) => (await (await daemon.fetch('/health?verbose')).json()) as { state: string; parts: Part[] };
const part = async (daemon: TestDaemon, name: string) => (await verbose(daemon)).parts.find((each) => each.name === name)!;
const allOk = (daemon: TestDaemon) => until('every part is ok', async () => (await verbose(daemon)).state === 'ok');
const metric = async (daemon: TestDaemon, line: string) =>
  Number(new RegExp(`^${line.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(await (await daemon.fetch('/metrics')).text())?.[1]);
/** The socket is gone for an instant while it is healed. */
const answered = async <T>(ask: () => Promise<T>): Promise<T | undefined> => ask().catch(() => undefined);

describe('health', () => {
  test('says of every part whether a probe found it working', async () => {
    const daemon = await startDaemon();
    await allOk(daemon);
    const body = await verbose(daemon);
    expect(body).toMatchObject({ ok: true, version: expect.any(String), uptime_ms: expect.any(Number), state: 'ok' });
    expect(body.parts.map(({ name }) => name)).toEqual(PARTS);
    for (const each of body.parts) expect(each).toMatchObject({ state: 'ok', restarts: 0, note: null, last_error: null });
    for (const name of PARTS) {
      expect(await metric(daemon, `zd_part_up{part="${name}"}`)).toBe(1);
      expect(await metric(daemon, `zd_part_restarts_total{part="${name}"}`)).toBe(0);
    }
    const plain = (await (await daemon.fetch('/health')).json()) as object;
    expect(Object.keys(plain)).toEqual(['ok', 'version', 'uptime_ms']);
    expect(await (await daemon.fetch('/health?verbose=false')).json()).not.toHaveProperty('parts');
    // Its own probes are no requests of anybody.
    const counted = await (await daemon.fetch('/metrics')).text();
    // That all began well is nothing to tell.
    expect((await daemon.call('event_list', { topic: 'part.*' })).body.events).toEqual([]);
    expect(counted).toContain('path="/health"');
    expect(counted).not.toMatch(/path="(other|.*probe.*)"/);
  });

  test('names no file to whom the daemon would not tell it', async () => {
    const daemon = await startDaemon({ config: TOKENS });
    unlinkSync(daemon.socket);
    await until('it was healed', async () => (await answered(() => part(daemon, 'unix_listener')))?.restarts === 1);
    const over = async (headers: Record<string, string> = {}) =>
      (await (await daemon.tcp('/health?verbose', { headers })).json()) as { parts: Part[] };
    const of = ({ parts }: { parts: Part[] }) => parts.find(({ name }) => name === 'unix_listener')!;
    for (const headers of [{}, { authorization: 'Bearer not-a-token-at-all' }, { authorization: `Bearer ${CLERK}` }] as Record<string, string>[]) {
      const body = await over(headers);
      expect(of(body)).toEqual({ name: 'unix_listener', state: expect.any(String), since_ns: expect.any(Number), restarts: 1 } as never);
      expect(JSON.stringify(body)).not.toContain(daemon.home);
    }
    for (const token of [READER, daemon.token]) expect(of(await over({ authorization: `Bearer ${token}` })).last_error).toContain(daemon.socket);
  });
});

describe('a broken part', () => {
  test('the socket file: wiped or replaced, it comes back, and doctor and metrics tell of it', async () => {
    const daemon = await startDaemon();
    const long = await daemon.fetch('/stream/events');
    unlinkSync(daemon.socket);
    await until('the socket is back', async () => (await answered(() => part(daemon, 'unix_listener')))?.restarts === 1);
    rmSync(daemon.socket);
    writeFileSync(daemon.socket, 'not a socket');
    await until('the socket is back again', async () => (await answered(() => part(daemon, 'unix_listener')))?.restarts === 2);
    await allOk(daemon);
    expect(lstatSync(daemon.socket).isSocket()).toBe(true);
    expect(lstatSync(daemon.socket).mode & 0o777).toBe(0o600);
    expect(await metric(daemon, 'zd_part_restarts_total{part="unix_listener"}')).toBe(2);
    const { body } = await daemon.call('doctor');
    expect(body.checks.find((each: { name: string }) => each.name === 'part:unix_listener')).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^works since .+; started again 2 times, last after: .+ was replaced$/),
    });
    expect((await daemon.zd('doctor')).stdout).toContain('part:event_retention');
    // Who was connected over the old file still is.
    const reader = long.body!.getReader();
    await daemon.call('publish', { topic: 'after', data: 'heard' });
    let heard = '';
    while (!heard.includes('heard')) heard += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    expect(daemon.log()).toContain('"msg":"part failed","part":"unix_listener"');
    expect(daemon.log()).toContain('"msg":"part works again","part":"unix_listener","restarts":1');
    expect(await daemon.stop()).toBe(0);
    expect(existsSync(daemon.socket)).toBe(false);
  });

  for (const [name, failpoint] of [
    ['event_retention', 'event.trim'],
    ['cache_sweep', 'cache.sweep'],
  ] as const)
    test(`${name}: a round that fails is tried again`, async () => {
      const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: `${failpoint}=throw@2` } });
      await until('it was started again', async () => (await part(daemon, name)).restarts === 1);
      await allOk(daemon);
      expect(await part(daemon, name)).toMatchObject({ state: 'ok', last_error: `failpoint ${failpoint}` });
      expect(await metric(daemon, `zd_part_restarts_total{part="${name}"}`)).toBe(1);
      const told = (await daemon.zd('events', 'daemon.part.*', '--since', 'earliest', '-n', '2', '-q')).stdout.trimEnd().split('\n');
      expect(told.map((line) => JSON.parse(line))).toEqual([
        { part: name, state: 'backing_off', before: 'ok', restarts: 0 },
        { part: name, state: 'ok', before: 'backing_off', restarts: 1 },
      ]);
      expect((await part(daemon, 'unix_listener')).restarts).toBe(0);
    });

  test('the TCP listener comes back on its port, and a proxy in the environment is nobody to ask', async () => {
    const proxy = 'http://127.0.0.1:1';
    // The TCP listener is the first to be asked.
    const env = { ZD_FAILPOINTS: 'listener.ask=throw@1', http_proxy: proxy, HTTP_PROXY: proxy };
    const daemon = await startDaemon({ source: true, env });
    await until('it was started again', async () => (await part(daemon, 'tcp_listener')).restarts === 1);
    await allOk(daemon);
    expect(await part(daemon, 'tcp_listener')).toMatchObject({ last_error: 'failpoint listener.ask' });
    expect((await part(daemon, 'unix_listener')).restarts).toBe(0);
    expect((await daemon.tcp('/health')).status).toBe(200);
    const { body } = await daemon.call('doctor');
    expect(body.checks.filter(({ status }: { status: string }) => status === 'fail')).toEqual([]);
    expect(`http://${body.checks.find(({ name }: { name: string }) => name === 'tcp_listener').detail}`).toBe(daemon.url);
  });

  test('an address that is taken stops the start and says so', async () => {
    const daemon = await startDaemon();
    const other = await startDaemon().then(async (it) => (await it.stop(), it));
    writeFileSync(join(other.home, 'config.toml'), `[http]\nlisten = "127.0.0.1:${new URL(daemon.url).port}"\n`);
    const { code, stderr } = await runZd(other.home, ['up']);
    expect(code).toBe(1);
    expect(stderr).toContain(new URL(daemon.url).port);
    expect(existsSync(other.socket)).toBe(false);
  });
});
