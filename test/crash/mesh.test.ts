import { beforeAll, expect, test } from 'bun:test';
import { ZeroLoss } from '../helper/zero_loss';

/**
 * The zero-loss matrix: kill -9 and SIGTERM of sender, broker and receiver at random moments and at every state of a message, with a broker that
 * is down, paused or flapping. `ZERO_LOSS_RUNS=1000` runs more of it, `ZERO_LOSS_SEED` the same again; the name of a test is its seed.
 */
const RUNS = Number(process.env.ZERO_LOSS_RUNS ?? 16);
const FIRST = Number(process.env.ZERO_LOSS_SEED ?? 1);
let ground: ZeroLoss;

beforeAll(async () => {
  ground = await ZeroLoss.start();
});

for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
  test(`no message is lost or doubled with seed ${seed}`, async () => {
    await ground.settle();
    expect(await ground.run(seed)).toContain(`seed ${seed}:`);
  }, 120_000);
}
