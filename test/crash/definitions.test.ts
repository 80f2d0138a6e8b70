import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { bundle, event } from '../helper/definitions';

/** What was acknowledged last, and what was asked for since. */
interface Known {
  acknowledged: number;
  asked: number;
  readonly emitted: Set<string>;
}

const ROWS = 300;
/** Every record of one bundle has its number as the value, so a mixture of two shows. */
const numbered = (number: number) =>
  bundle(
    'zsh',
    Array.from({ length: ROWS }, (_, at) => event(at, 'alias', `n${at}`, { value: String(number), file: '/rc', line: at })),
  );

async function writeUntilDead(daemon: TestDaemon, known: Known, killAfter?: number): Promise<void> {
  let dead = false;
  const ingests = async () => {
    for (let count = 0; !dead; count++) {
      try {
        const number = ++known.asked;
        if ((await daemon.call('recorder_ingest', numbered(number))).status === 200) known.acknowledged = number;
        if (count === killAfter) void daemon.kill();
      } catch {
        dead = true;
      }
    }
  };
  const emits = async () => {
    while (!dead) {
      const name = `e${known.asked}-${known.emitted.size}`;
      try {
        if ((await daemon.call('definitions_emit', { shell_id: 'bash', kind: 'alias', name })).status === 200) known.emitted.add(name);
      } catch {
        dead = true;
      }
    }
  };
  await Promise.all([ingests(), emits()]);
  await daemon.ended();
}

async function expectWhole(daemon: TestDaemon, known: Known): Promise<void> {
  const { records } = (await daemon.call('definitions_query', { shell_id: 'zsh' })).body;
  const numbers = new Set(records.map(({ value }: { value: string }) => Number(value)));
  expect([records.length, numbers.size]).toEqual(known.acknowledged > 0 || records.length > 0 ? [ROWS, 1] : [0, 0]);
  const [number = 0] = numbers as Set<number>;
  expect(number).toBeGreaterThanOrEqual(known.acknowledged);
  expect(number).toBeLessThanOrEqual(known.asked);
  const found = new Set((await daemon.call('definitions_query', { shell_id: 'bash' })).body.records.map(({ name }: { name: string }) => name));
  expect([...known.emitted].filter((name) => !found.has(name))).toEqual([]);
  const { rows, shells } = (await daemon.call('definitions_kinds')).body;
  expect([rows.alias ?? 0, shells.bash ?? 0]).toEqual([records.length + found.size, found.size]);
  // What was told of is what is stored: each event was part of its transaction.
  const { events } = (await daemon.call('event_list', { kind: 'defs', order: 'desc', limit: 200 })).body;
  const told = events.find(({ topic }: { topic: string }) => topic === 'recorder_ingested');
  if (told) expect(told.data.events_ingested).toBe(ROWS);
}

const nothing = (): Known => ({ acknowledged: 0, asked: 0, emitted: new Set() });

test('a bundle is there whole or not at all, and what was acknowledged is there, after kill -9 at any moment', async () => {
  const daemon = await startDaemon();
  const known = nothing();
  for (let round = 0; round < 4; round++) {
    await writeUntilDead(daemon, known, 3 + 5 * round);
    await daemon.restart();
    await expectWhole(daemon, known);
  }
  expect([known.acknowledged > 10, known.emitted.size > 10]).toEqual([true, true]);
});

for (const failpoint of ['storage.before_commit', 'storage.after_commit']) {
  test(`and a death at ${failpoint}`, async () => {
    const known = nothing();
    const daemon = await startDaemon({ source: true });
    for (const nth of ['+1', '+2', '+7']) {
      await daemon.restart({ ZD_FAILPOINTS: `${failpoint}=kill@${nth}` });
      await writeUntilDead(daemon, known);
      await daemon.restart({});
      await expectWhole(daemon, known);
    }
  });
}
