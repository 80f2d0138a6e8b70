import { beforeAll, expect, test } from 'bun:test';
import { renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

const NOON = Date.parse('2026-06-01T12:00:30Z');
const HOUR = 3_600_000;
const POLICIES = ['skip', 'run_once', 'run_all'] as const;

let daemon: TestDaemon;
const home = tempHome();
const file = join(home, 'clock');
const ids: Record<string, number> = {};

/** Sets the wall clock of the daemon. Replaced as a whole, so it never reads half a number. */
function set(time: number): void {
  writeFileSync(`${file}.new`, String(time - Date.now()));
  renameSync(`${file}.new`, file);
}

const add = async (input: object): Promise<number> => {
  const { status, body } = await daemon.call('schedule_add', { command: ['true'], cwd: '/', timezone: 'UTC', ...input });
  expect([status, body.code]).toEqual([200, undefined]);
  return body.schedule_id;
};

/** Anything that is scheduled makes it look at the clock, which it does by itself within half a minute. */
const look = () => add({ cron_expr: '0 0 1 1 *' });

const runs = async (policy: string): Promise<string[]> =>
  (await daemon.call('schedule_history', { id: ids[policy] })).body.runs
    .map((run: { state: string; scheduled_at_ns: number; occurrences: number }) => {
      const hours = (run.scheduled_at_ns / 1e6 - NOON + 30_000) / HOUR;
      return `${run.state}@${hours}${run.occurrences > 1 ? `x${run.occurrences}` : ''}`;
    })
    .toReversed();

const next = async (): Promise<number[]> =>
  (await daemon.call('schedule_list')).body.schedules
    .filter(({ id }: { id: number }) => Object.values(ids).includes(id))
    .map(({ next_run_ns }: { next_run_ns: number }) => (next_run_ns / 1e6 - NOON + 30_000) / HOUR);

const expected = { skip: ['missed@3x3'], run_once: ['missed@2x2', 'exited@3'], run_all: ['exited@1', 'exited@2', 'exited@3'] };

beforeAll(async () => {
  set(NOON);
  const preload = resolve(import.meta.dir, '../helper/shifted_clock.ts');
  daemon = await startDaemon({ source: true, home, env: { ZD_TEST_CLOCK: file, BUN_OPTIONS: `--preload=${preload}` } });
  for (const catch_up of POLICIES) ids[catch_up] = await add({ cron_expr: '@hourly', catch_up, overlap: 'allow' });
  expect(await next()).toEqual([1, 1, 1]);
});

test('a clock set forward makes each schedule follow its policy, once', async () => {
  set(NOON + 3.2 * HOUR);
  await look();
  for (const policy of POLICIES) await until(`${policy} is done`, async () => Bun.deepEquals(await runs(policy), expected[policy]));
  expect(await next()).toEqual([4, 4, 4]);
});

test('a clock set back repeats nothing, and neither does a restart', async () => {
  set(NOON + 1.2 * HOUR);
  await look();
  await daemon.restart();
  await look();
  for (const policy of POLICIES) expect([policy, await runs(policy)]).toEqual([policy, expected[policy]]);
  expect(await next()).toEqual([4, 4, 4]);
});

test('what came due while no daemon was there follows the policy too', async () => {
  set(NOON + 5.2 * HOUR);
  await daemon.restart();
  const later = { skip: ['missed@5x2'], run_once: ['missed@4', 'exited@5'], run_all: ['exited@4', 'exited@5'] };
  for (const policy of POLICIES)
    await until(`${policy} is done`, async () => Bun.deepEquals(await runs(policy), [...expected[policy], ...later[policy]]));
  expect(await next()).toEqual([6, 6, 6]);
});
