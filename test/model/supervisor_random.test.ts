import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Supervised } from '../../src/daemon/supervised';
import { BACKOFF_MS, type PartState } from '../../src/kernel/part';

type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'probe'; readonly says: 'ok' | 'limited' | 'broken' | 'nothing' }
  | { readonly do: 'start'; readonly works: boolean }
  | { readonly do: 'report' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('probe' as const), says: fc.constantFrom('ok', 'limited', 'broken', 'nothing') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const), works: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('report' as const) }) },
);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A part whose every call is noted and whose behaviour the steps choose; time moves only in `pass`. */
class World {
  now = 0;
  running = false;
  works = true;
  says: 'ok' | 'limited' | 'broken' | 'nothing' = 'ok';
  /** What the newest finished probe of the present start said. */
  heard: string | null = null;
  readonly startedAt: number[] = [];
  readonly faults: string[] = [];
  /** The newest state that was told. */
  told: PartState = 'ok';
  report: (error: unknown) => void = () => {};
  private readonly timers = new Set<{ at: number; run: () => void }>();

  readonly supervised = new Supervised(
    {
      name: 'part',
      probeMs: 1000,
      start: (failed) => {
        if (this.running) this.faults.push('started while it ran');
        this.startedAt.push(this.now);
        this.report = failed;
        this.heard = null;
        this.running = true;
        if (!this.works) throw new Error('no start');
      },
      stop: () => void (this.running = false),
      probe: () => {
        if (!this.running) this.faults.push('probed while it was stopped');
        if (this.says === 'nothing') return new Promise(() => {});
        this.heard = this.says;
        if (this.says === 'broken') throw new Error('broken');
        return this.says === 'ok' ? null : 'limited';
      },
    },
    {
      clock: { now: () => this.now, monotonic: () => this.now },
      log: silent,
      random: () => 0,
      changed: ({ state }, before) => {
        if (before !== this.told || state === before) this.faults.push(`told ${state} after ${this.told}`);
        this.told = state;
      },
      after: (ms, run) => {
        const timer = { at: this.now + ms, run };
        this.timers.add(timer);
        return () => void this.timers.delete(timer);
      },
    },
  );

  async settle(): Promise<void> {
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  }

  /** From one timer to the next, so nothing happens late. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const next = [...this.timers].toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.now = next.at;
      this.timers.delete(next);
      next.run();
      await this.settle();
    }
    this.now = end;
  }

  get waiting(): number {
    return this.timers.size;
  }
}

test('whatever a part does: it never runs twice, is called ok only by a probe, is always tried again and never too often', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = new World();
      await world.supervised.begin();
      await world.settle();
      for (const each of steps) {
        if (each.do === 'pass') await world.pass(each.ms);
        else if (each.do === 'probe') world.says = each.says;
        else if (each.do === 'start') world.works = each.works;
        else world.report(new Error('reported'));
        await world.settle();
        const { state, restarts, last_error: error, note } = world.supervised.status();
        if (state === 'ok') expect([world.running, world.heard]).toEqual([true, 'ok']);
        if (state === 'backing_off' || state === 'failed') expect([world.running, error === null]).toEqual([false, false]);
        expect(note !== null).toBe(state === 'degraded');
        expect(restarts).toBe(world.startedAt.length - 1);
        expect(world.waiting).toBeGreaterThan(0);
      }
      expect(world.faults).toEqual([]);
      for (const [at, time] of world.startedAt.entries())
        if (at > 0) expect(time - world.startedAt[at - 1]!).toBeGreaterThanOrEqual(BACKOFF_MS.least / 2);
      // Once nothing is wrong any more it works, after the longest pause and a probe that may still hang.
      world.says = 'ok';
      world.works = true;
      await world.pass(BACKOFF_MS.most + 10_000);
      expect(world.supervised.status().state).toBe('ok');
      await world.supervised.stop();
      await world.settle();
      expect([world.running, world.waiting, world.supervised.status().state]).toEqual([false, 0, 'stopped']);
    }),
    { numRuns: 300 },
  );
});
