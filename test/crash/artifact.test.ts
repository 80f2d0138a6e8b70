import { expect, test } from 'bun:test';
import { bytesOf, sha256, temporaryFiles } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

/** `CRASH_ROUNDS` asks for more kills than the suite has time for, `CRASH_COMPRESS` for compressed contents. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 12);

/** What each name was last acknowledged to hold; null after an acknowledged delete. `sent` is what was under way when the daemon died. */
interface Known {
  readonly acknowledged: Map<string, string | null>;
  readonly sent: Map<string, (string | null)[]>;
}

/** Sizes that need one write and several, and a few contents that many names share. */
const content = (seed: number): Uint8Array<ArrayBuffer> => bytesOf([10, 5000, 300_000, 2_500_000][seed % 4]!, 1 + (seed % 37));

async function workUntilDead(daemon: TestDaemon, known: Known, round: number, killAfter: number | null): Promise<void> {
  let dead = false;
  let count = 0;
  const lane = async (number: number) => {
    for (let at = 0; !dead; at++) {
      const seed = (round * 7919 + number * 104_729 + at * 31) % 100_003;
      const name = `${number}/${seed % 12}`;
      const remove = seed % 9 === 0;
      const body = content(seed);
      const holds = remove ? null : sha256(body);
      const before = known.sent.get(name) ?? [known.acknowledged.get(name) ?? null];
      known.sent.set(name, [...before, holds]);
      try {
        // Names that come and go by collection, and share their contents with those that must stay.
        if (seed % 3 === 0) await (await daemon.fetch(`/artifact/volatile/${seed % 7}`, { method: 'PUT', body: content(seed + 1) })).arrayBuffer();
        if (seed % 7 === 0) await daemon.call('artifact_gc', { prefix: 'volatile/', max_bytes: 100_000, max_age_secs: seed % 2 });
        if (seed % 5 === 0) await (await daemon.fetch(`/artifact/${name}`)).arrayBuffer();
        const reply = await daemon.fetch(`/artifact/${name}`, remove ? { method: 'DELETE' } : { method: 'PUT', body });
        await reply.arrayBuffer();
        if (reply.ok || reply.status === 404) {
          known.acknowledged.set(name, holds);
          known.sent.delete(name);
        }
        if (++count === killAfter) void daemon.kill();
      } catch {
        dead = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, (_, number) => lane(number)));
  await daemon.ended();
}

async function expectAll(daemon: TestDaemon, { acknowledged, sent }: Known): Promise<void> {
  expect(temporaryFiles(daemon)).toEqual([]);
  await until('what the crash left is tidied up', async () => (await daemon.call('artifact_verify')).body.orphans.length === 0);
  expect((await daemon.call('artifact_verify')).body).toMatchObject({ clean: true, corrupt: [], missing: [], quarantined: [], orphans: [] });
  for (const name of new Set([...acknowledged.keys(), ...sent.keys()])) {
    const reply = await daemon.fetch(`/artifact/${name}`);
    const found = reply.status === 404 ? null : sha256(new Uint8Array(await reply.arrayBuffer()));
    // What was under way may have happened or not; what was acknowledged has.
    expect([name, sent.get(name) ?? [acknowledged.get(name) ?? null]]).toEqual([name, expect.arrayContaining([found])]);
    acknowledged.set(name, found);
  }
  sent.clear();
}

test('artifacts survive kill -9 at any moment', async () => {
  const daemon = await startDaemon({ config: `[artifact]\ngrace_secs = 0\ncompress = ${process.env.CRASH_COMPRESS === '1'}\n` });
  const known: Known = { acknowledged: new Map(), sent: new Map() };
  for (let round = 0; round < ROUNDS; round++) {
    await workUntilDead(daemon, known, round, 3 + ((round * 17) % 40));
    await daemon.restart();
    await expectAll(daemon, known);
  }
  expect(known.acknowledged.size).toBeGreaterThan(20);
}, 600_000);

for (const point of [
  'blob.before_write',
  'blob.before_sync',
  'blob.before_rename',
  'blob.after_rename',
  'storage.before_commit',
  'storage.after_commit',
])
  test(`artifacts survive a death at ${point}`, async () => {
    const daemon = await startDaemon({ source: true, config: '[artifact]\ngrace_secs = 0\n' });
    const known: Known = { acknowledged: new Map(), sent: new Map() };
    for (const nth of [3, 8]) {
      await daemon.restart({ ZD_FAILPOINTS: `${point}=kill@+${nth}` });
      await workUntilDead(daemon, known, nth, null);
      await daemon.restart({});
      await expectAll(daemon, known);
    }
  });
