import { beforeAll, expect, test } from 'bun:test';
import type { TestDaemon } from '../helper/daemon';
import { ClockedDaemon } from '../helper/daemon_clock';
import { until } from '../helper/until';

const NOON = Date.parse('2026-06-01T12:00:30Z');
const HOUR = 3_600_000;
const POLICIES = ['skip', 'run_once', 'run_all'] as const;

let daemon: TestDaemon;
const clock = new ClockedDaemon();
const ids: Record<string, number> = {};

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
  clock.set(NOON);
  daemon = await clock.start();
  for (const catch_up of POLICIES) ids[catch_up] = await add({ cron_expr: '@hourly', catch_up, overlap: 'allow' });
  expect(await next()).toEqual([1, 1, 1]);
});

test('a clock set forward makes each schedule follow its policy, once', async () => {
  clock.set(NOON + 3.2 * HOUR);
  await look();
  for (const policy of POLICIES) await until(`${policy} is done`, async () => Bun.deepEquals(await runs(policy), expected[policy]));
  expect(await next()).toEqual([4, 4, 4]);
});

test('a clock set back repeats nothing, and neither does a restart', async () => {
  clock.set(NOON + 1.2 * HOUR);
  await look();
  await daemon.restart();
  await look();
  for (const policy of POLICIES) expect([policy, await runs(policy)]).toEqual([policy, expected[policy]]);
  expect(await next()).toEqual([4, 4, 4]);
});

test('what came due while no daemon was there follows the policy too', async () => {
  clock.set(NOON + 5.2 * HOUR);
  await daemon.restart();
  const later = { skip: ['missed@5x2'], run_once: ['missed@4', 'exited@5'], run_all: ['exited@4', 'exited@5'] };
  for (const policy of POLICIES)
    await until(`${policy} is done`, async () => Bun.deepEquals(await runs(policy), [...expected[policy], ...later[policy]]));
  expect(await next()).toEqual([6, 6, 6]);
});

test('what is over is not enabled again without a new time', async () => {
  const at = NOON + 7 * HOUR;
  const once = async (op: string, input: object) => (await daemon.call(op, input)).body;
  const { schedule_id: id } = await once('schedule_add_once', { fire_at_unix_secs: at / 1000, command: ['true'] });
  expect(await once('schedule_disable', { id })).toMatchObject({ enabled: false });
  clock.set(at + HOUR);
  expect((await daemon.call('schedule_enable', { id })).body.code).toBe('conflict');
  expect(await once('schedule_update', { id, fire_at_unix_secs: at / 1000 + 7200 })).toMatchObject({ enabled: false });
  expect(await once('schedule_enable', { id })).toMatchObject({ ok: true, enabled: true });
});
