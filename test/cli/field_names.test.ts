import { expect, test } from 'bun:test';
import { runZd, startDaemon } from '../helper/daemon';

const daemon = await startDaemon();
const refused = async (...args: string[]) => (await runZd(daemon.home, args)).stderr.split('\n')[0];

test('a refusal names what was typed, and --json what the daemon said', async () => {
  expect(await refused('schedule', 'add', '--cron', '99 * * * *', '--', 'true')).toStartWith('zd: --cron: at position 0');
  expect(await refused('run', '--tag', 'x'.repeat(300), '--', 'true')).toStartWith('zd: --tag (0): expected string length');
  expect(await refused('job', 'submit', '--group', 'x'.repeat(300), '--', 'true')).toStartWith('zd: --group: expected string length');
  expect(await refused('cache', 'put', 'x'.repeat(300), 'key', 'value')).toStartWith('zd: <ns>: expected string length');
  const { stdout, code } = await runZd(daemon.home, ['schedule', 'add', '--json', '--cron', '99 * * * *', '--', 'true']);
  expect([code, JSON.parse(stdout).path]).toEqual([2, '/cron_expr']);
});
