import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Decision, fits, FREE, leftAfterRestart, RESTART_GRACE_MS, type Holder, type LockState, type Waiter } from '../../src/areas/lock/model';

type Mode = 'exclusive' | 'shared' | 'slots';
const SLOTS = 3;

/** What is true of the real lock at each step. */
interface Real {
  state: LockState;
  now: number;
  fence: number;
  tickets: number;
  /** Grants in force as an observer of the answers and changes knows them. */
  readonly inside: Map<string, { mode: Mode; until: number | null; pid: number | null }>;
  /** Tokens that wait, in order. */
  line: { token: string; mode: Mode; until: number; ttl: number | null; pid: number | null; ticket: number }[];
}

const modeOf = (each: { shared: boolean; slots: number | null }): Mode => (each.shared ? 'shared' : each.slots === null ? 'exclusive' : 'slots');

/** The rule of exclusion, said another way than the model says it. */
function mayEnter(mode: Mode, inside: readonly Mode[]): boolean {
  if (mode === 'exclusive') return inside.length === 0;
  if (mode === 'shared') return !inside.some((other) => other !== 'shared');
  return inside.length < SLOTS && !inside.some((other) => other !== 'slots');
}

function decide(real: Real, ask: (decision: Decision) => void, dead: readonly number[] = []): void {
  const decision = new Decision(real.state, { monotonic: real.now, wall: real.now + 5000 }, () => ++real.fence);
  // What ran out is gone before anything else is looked at.
  for (const [token, { until }] of real.inside) if (until !== null && until <= real.now) real.inside.delete(token);
  ask(decision);
  const pids = new Set(dead);
  const fences = new Set(decision.holders.filter(({ process }) => process && pids.has(process.pid)).map(({ fence }) => fence));
  real.state = decision.settle(fences);
  for (const [token, { pid }] of real.inside) if (pid !== null && pids.has(pid)) real.inside.delete(token);
  // The observer serves the line itself, and must come to the same.
  const expected: string[] = [];
  for (let again = true; again;) {
    again = false;
    for (
      let next = real.line[0];
      next &&
      mayEnter(
        next.mode,
        [...real.inside.values()].map(({ mode }) => mode),
      );
      next = real.line[0]
    ) {
      real.line.shift();
      real.inside.set(next.token, { mode: next.mode, until: next.ttl === null ? null : real.now + next.ttl, pid: next.pid });
      expected.push(next.token);
    }
    const staying = real.line.filter(({ until }) => until > real.now);
    if (staying.length < real.line.length) again = true;
    real.line = staying;
  }
  const granted = decision.changes.filter(({ kind }) => kind === 'granted').map(({ holder }) => holder);
  expect(granted.map(({ token }) => token)).toEqual(expected);
  expect(granted.map(({ fence }) => fence)).toEqual(granted.map((_, at) => real.fence - granted.length + 1 + at));
  expect(real.state.holders.map(({ token }) => token).toSorted()).toEqual([...real.inside.keys()].toSorted());
  expect(real.state.queue.map(({ token }) => token)).toEqual(real.line.map(({ token }) => token));
  // Nobody is let in beside somebody who excludes him.
  const modes = real.state.holders.map(modeOf);
  if (modes.includes('exclusive')) expect(modes).toEqual(['exclusive']);
  expect(new Set(modes).size).toBeLessThanOrEqual(1);
  if (modes[0] === 'slots') expect(modes.length).toBeLessThanOrEqual(SLOTS);
  // And nobody stands first in line before an open door.
  const [first] = real.state.queue;
  if (first) expect(fits(first, real.state.holders)).toBe(false);
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      mode: fc.constantFrom<Mode>('exclusive', 'exclusive', 'shared', 'slots'),
      wait: fc.integer({ min: 0, max: 40 }),
      ttl: fc.option(fc.integer({ min: 1, max: 60 })),
      pid: fc.option(fc.integer({ min: 1, max: 5 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), pid: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function take(real: Real, each: Step): void {
  if (each.kind === 'acquire') {
    const ticket = ++real.tickets;
    const token = `t${ticket}`;
    const { mode, wait, ttl, pid } = each;
    const waiter: Waiter = {
      ...{ ticket, token, since: real.now, deadline: wait === 0 ? null : real.now + wait, order: Infinity, owner: null, ttlMs: ttl },
      ...{ shared: mode === 'shared', slots: mode === 'slots' ? SLOTS : null, process: pid === null ? null : { pid, start: 's' } },
    };
    real.line.push({ token, mode, until: wait === 0 ? real.now : real.now + wait, ttl, pid, ticket });
    return decide(real, (decision) => decision.acquire(waiter));
  }
  if (each.kind === 'pass') {
    real.now += each.ms;
    return decide(real, () => {});
  }
  if (each.kind === 'die') return decide(real, () => {}, [each.pid]);
  if (each.kind === 'break') return decide(real, (decision) => (real.inside.clear(), void decision.break(undefined)));
  if (each.kind === 'leave') {
    const [gone] = real.line.splice(each.which % Math.max(1, real.line.length), 1);
    return decide(real, (decision) => decision.leave(gone?.ticket ?? 0));
  }
  const token = [...real.inside.keys()][each.which] ?? `t${each.which}`;
  if (each.kind === 'release') {
    return decide(real, (decision) => {
      expect(decision.release(token, 'release') !== null).toBe(real.inside.delete(token));
    });
  }
  decide(real, (decision) => {
    const known = real.inside.get(token);
    const renewed = decision.renew(token, null, undefined);
    expect(renewed !== null).toBe(known !== undefined);
    if (known && renewed) known.until = renewed.ttlMs === null ? null : real.now + renewed.ttlMs;
  });
}

test('exclusion, order and numbers hold whatever is asked', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const real: Real = { state: FREE, now: 1000, fence: 0, tickets: 0, inside: new Map(), line: [] };
      for (const each of steps) take(real, each);
    }),
    { numRuns: 500 },
  );
});

test('what a decision is built on stays as it was', () => {
  const holder: Holder = {
    ...{ token: 'a', fence: 1, acquiredAt: 0, waitedMs: 0, deadline: 10, shared: false, slots: null, owner: null, process: null, ttlMs: 10 },
  };
  const state: LockState = Object.freeze({ holders: Object.freeze([Object.freeze(holder)]), queue: Object.freeze([]) }) as LockState;
  const decision = new Decision(state, { monotonic: 5, wall: 5 }, () => 2);
  decision.renew('a', 100, undefined);
  decision.break(undefined);
  expect(decision.settle(new Set()).holders).toEqual([]);
  expect(state.holders).toEqual([holder]);
});

test('after a restart a lease is neither over at once nor longer than it was, whatever the wall clock says', () => {
  const ms = fc.integer({ min: 1000, max: 1e9 });
  fc.assert(
    fc.property(ms, fc.integer({ min: -1e13, max: 1e13 }), fc.integer({ min: 0, max: 1e13 }), (ttl, expires, wall) => {
      const left = leftAfterRestart(ttl, expires, wall);
      expect(left).toBeLessThanOrEqual(ttl);
      expect(left).toBeGreaterThanOrEqual(Math.min(ttl, RESTART_GRACE_MS));
      if (expires - wall > RESTART_GRACE_MS && expires - wall <= ttl) expect(left).toBe(expires - wall);
    }),
  );
});
