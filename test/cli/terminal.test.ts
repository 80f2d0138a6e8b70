import { beforeAll, expect, test } from 'bun:test';
import { cleanEnv, startDaemon, ZD, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

/** Runs zd with a terminal of its own; what it shows there, with `\n` as line ends. */
async function onTerminal(args: readonly string[], env: Record<string, string> = {}, cols = 100): Promise<string> {
  let shown = '';
  const decoder = new TextDecoder();
  const child = Bun.spawn([...ZD, ...args], {
    env: { ...cleanEnv(daemon.home), TERM: 'xterm-256color', ...env },
    terminal: { cols, rows: 40, data: (_, bytes) => void (shown += decoder.decode(bytes, { stream: true })) },
  });
  await child.exited;
  child.terminal?.close();
  return shown.replaceAll('\r\n', '\n');
}

const ESCAPE = '\u001b';

test('a terminal gets a table with a heading, a pipe the bare rows', async () => {
  const shown = await onTerminal(['config', 'list'], { NO_COLOR: '1' });
  const [head, ...rows] = shown.trimEnd().split('\n');
  expect(head).toMatch(/^KEY +VALUE +SOURCE$/);
  expect(rows.find((row) => row.startsWith('log.level'))).toMatch(/^log\.level +info +default$/);
  expect(shown).not.toContain(ESCAPE);
});

test('a narrow terminal shortens columns instead of wrapping', async () => {
  const shown = await onTerminal(['config', 'list'], { NO_COLOR: '1' }, 40);
  expect(shown.split('\n').filter((line) => Bun.stringWidth(line) > 40)).toEqual([]);
  expect(shown).toContain('…');
});

test('colours only on a terminal and without NO_COLOR', async () => {
  expect(await onTerminal(['config', 'list'])).toContain(`${ESCAPE}[1m`);
  expect(await onTerminal(['--help'])).toContain(ESCAPE);
  for (const args of [['config', 'list'], ['--help'], ['doctor'], ['logs']]) {
    expect(await onTerminal(args, { NO_COLOR: '1' })).not.toContain(ESCAPE);
    expect(await onTerminal(args, { TERM: 'dumb' })).not.toContain(ESCAPE);
    expect((await daemon.zd(...args)).stdout).not.toContain(ESCAPE);
  }
});

test('times and durations are for people on a terminal and numbers in the JSON', async () => {
  const shown = await onTerminal(['info'], { NO_COLOR: '1' });
  expect(shown).toMatch(/daemon_uptime_ms +\d+(ms|s|m \d+s)\n/);
  expect(JSON.parse(await onTerminal(['info', '--json']))).toMatchObject({ ok: true, daemon_uptime_ms: expect.any(Number) });
});

test('what others stored cannot drive the terminal from an event or a table', async () => {
  const { body: before } = await daemon.call('publish', { topic: 'calm', data: 1 });
  await daemon.call('publish', { topic: 'evil', data: `${ESCAPE}[2J` });
  const event = await onTerminal(['events', '*.evil', '-n', '1', '--since', before.event_id], { NO_COLOR: '1' });
  expect(event).toContain('evil');
  expect(event).not.toContain(ESCAPE);
  await daemon.call('cache_put', { ns: 'n', key: `k${ESCAPE}[2J`, value: 1 });
  expect(await onTerminal(['cache', 'list', 'n'], { NO_COLOR: '1' })).not.toContain(ESCAPE);
});

test('bytes that are no text stay off the terminal', async () => {
  await daemon.call('cache_put', { ns: 'n', key: 'b', value_base64: 'AP8K' });
  expect(await onTerminal(['cache', 'get', 'n', 'b'])).toContain('3 bytes that are not text');
});
