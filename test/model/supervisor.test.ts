import { describe, expect, test } from 'bun:test';
import { Supervisor } from '../../src/daemon/supervisor';
import type { Logger } from '../../src/kernel/log';
import { BACKOFF_MS, type Part } from '../../src/kernel/part';
import { until } from '../helper/until';

/** A supervisor whose time only moves when told, with a part that does as it is told. */
class Rig {
  now = 0;
  readonly timers = new Set<{ at: number; run: () => void }>();
  readonly said: string[] = [];
  starts = 0;
  stops = 0;
  probe: () => string | null | Promise<string | null> = () => null;
  startFails = false;
  report: (error: unknown) => void = () => {};
  readonly supervisor: Supervisor;

  constructor() {
    const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, (msg: string) => this.said.push(`${level} ${msg}`)]));
    this.supervisor = new Supervisor({ now: () => this.now, monotonic: () => this.now }, log as unknown as Logger, {
      random: () => 1,
      after: (ms, run) => {
        const timer = { at: this.now + ms, run };
        this.timers.add(timer);
        return () => void this.timers.delete(timer);
      },
    });
  }

  part(name = 'one', more: Partial<Part> = {}): Part {
    return {
      name,
      probeMs: 1000,
      start: (failed) => {
        this.starts++;
        this.report = failed;
        if (this.startFails) throw new Error('no start');
      },
      stop: () => void this.stops++,
      probe: () => this.probe(),
      ...more,
    };
  }

  get status() {
    return this.supervisor.list()[0]!;
  }

  async start(): Promise<void> {
    await this.supervisor.startEssential();
    this.supervisor.startOthers();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  /** Lets time pass in steps, each long enough for what is due to happen. */
  async pass(ms: number, step = 50): Promise<void> {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(end, this.now + step);
      for (const timer of [...this.timers]) {
        if (timer.at > this.now) continue;
        this.timers.delete(timer);
        timer.run();
      }
      await this.settle();
    }
  }
}

const started = async (rig: Rig, part = rig.part()): Promise<Rig> => {
  rig.supervisor.add(part);
  await rig.start();
  await rig.settle();
  return rig;
};

describe('a part', () => {
  test('is ok only after a probe has said so', async () => {
    const rig = new Rig();
    const answer = Promise.withResolvers<null>();
    rig.probe = () => answer.promise;
    await started(rig);
    expect(rig.status).toMatchObject({ state: 'starting', restarts: 0, last_error: null });
    answer.resolve(null);
    await rig.settle();
    expect(rig.status.state).toBe('ok');
  });

  test('that works with a limit is degraded, and says which', async () => {
    const rig = await started(new Rig());
    rig.probe = () => 'polls';
    await rig.pass(1000);
    expect(rig.status).toMatchObject({ state: 'degraded', note: 'polls', restarts: 0 });
    rig.probe = () => null;
    await rig.pass(1000);
    expect(rig.status).toMatchObject({ state: 'ok', note: null });
  });

  test('whose probe fails is stopped and started again, and keeps its last error', async () => {
    const rig = await started(new Rig());
    rig.probe = () => {
      throw new Error('gone');
    };
    await rig.pass(1000);
    expect(rig.status).toMatchObject({ state: 'backing_off', last_error: 'gone', restarts: 0 });
    expect([rig.starts, rig.stops]).toEqual([1, 1]);
    rig.probe = () => null;
    await rig.pass(BACKOFF_MS.least);
    expect(rig.status).toMatchObject({ state: 'ok', last_error: 'gone', restarts: 1 });
    expect(rig.said).toEqual(['warn part failed', 'info part works again']);
  });

  test('that says itself that it is broken does not wait for its probe', async () => {
    const rig = await started(new Rig());
    rig.report(new Error('the watch was lost'));
    await rig.settle();
    expect(rig.status).toMatchObject({ state: 'backing_off', last_error: 'the watch was lost' });
  });

  test('that stays broken is started at growing intervals and counts as failed, until it works', async () => {
    const rig = new Rig();
    rig.startFails = true;
    await started(rig);
    await rig.pass(100 + 200 + 400 + 800);
    expect(rig.status).toMatchObject({ state: 'failed', last_error: 'no start', restarts: 4 });
    const before = rig.starts;
    await rig.pass(10 * BACKOFF_MS.most);
    expect(rig.starts - before).toBeLessThanOrEqual(14);
    expect(rig.starts - before).toBeGreaterThanOrEqual(10);
    rig.startFails = false;
    await rig.pass(BACKOFF_MS.most);
    expect(rig.status.state).toBe('ok');
    // A minute without a fault, and the next one is the first again.
    await rig.pass(61_000);
    rig.report(new Error('later'));
    await rig.settle();
    expect(rig.status.state).toBe('backing_off');
  });

  test('that does not answer its probe is degraded first and broken at the third time', async () => {
    const rig = await started(new Rig());
    rig.probe = () => new Promise(() => {});
    await rig.pass(1000 + 5000);
    expect(rig.status).toMatchObject({ state: 'degraded', note: 'a probe has had no answer for 5 s' });
    await rig.pass(2 * 6000);
    expect(rig.status.state).toBe('backing_off');
  });

  test('that is stopped is left alone', async () => {
    const rig = await started(new Rig());
    await rig.supervisor.stop();
    rig.report(new Error('too late'));
    await rig.pass(60_000);
    expect(rig.status).toMatchObject({ state: 'stopped', last_error: null });
    expect([rig.starts, rig.timers.size]).toEqual([1, 0]);
  });
});

describe('the parts', () => {
  test('start in order and stop in reverse; one that fails does not keep the others back', async () => {
    const rig = new Rig();
    const order: string[] = [];
    for (const name of ['a', 'b', 'c'])
      rig.supervisor.add({
        name,
        start: () => {
          order.push(`+${name}`);
          if (name === 'b') throw new Error('b is broken');
        },
        stop: () => void order.push(`-${name}`),
        probe: () => null,
      });
    await rig.start();
    await rig.settle();
    expect(rig.supervisor.list().map(({ state }) => state)).toEqual(['ok', 'backing_off', 'ok']);
    await rig.supervisor.stop();
    expect(order).toEqual(['+a', '+b', '+c', '-b', '-c', '-b', '-a']);
  });

  test('an essential one that cannot start stops the start', async () => {
    const rig = new Rig();
    rig.startFails = true;
    rig.supervisor.add(rig.part('door', { essential: true }));
    await expect(rig.start()).rejects.toThrow('no start');
  });

  test('may come and go while the daemon runs', async () => {
    const rig = await started(new Rig());
    rig.supervisor.add(rig.part('link'));
    expect(() => rig.supervisor.add(rig.part('link'))).toThrow('there is a part "link" already');
    await until('it works', () => rig.supervisor.list()[1]?.state === 'ok');
    await rig.supervisor.remove('link');
    expect(rig.supervisor.list().map(({ name }) => name)).toEqual(['one']);
    expect(rig.stops).toBe(1);
  });
});
