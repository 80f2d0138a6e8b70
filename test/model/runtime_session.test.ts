import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  beat,
  clear,
  current,
  handOver,
  leftAfterRestart,
  RESTART_GRACE_MS,
  start,
  takeOver,
  type Decided,
  type Session,
} from '../../src/areas/runtime/session_model';

/** What an observer knows: who may believe to hold it, until when, and whether it was ever given up. */
interface Known {
  holder: string | null;
  until: number;
  over: boolean;
  generation: number;
}

const LEASES = ['a', 'b', 'c'] as const;
const lease = fc.constantFrom(...LEASES);
const step = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), lease, ttl: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('beat' as const), lease, ttl: fc.option(fc.integer({ min: 1, max: 50 })) }),
  fc.record({ kind: fc.constant('clear' as const), lease: fc.option(lease) }),
  fc.record({ kind: fc.constant('takeover' as const), lease, ttl: fc.integer({ min: 1, max: 50 }), force: fc.boolean() }),
  fc.record({ kind: fc.constant('handover' as const), lease }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40 }) }) },
);

test('one holder at a time, generations that only grow, and no lease that outlives its time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let session: Session | null = null;
      let now = 0;
      const known: Known = { holder: null, until: 0, over: false, generation: 0 };
      const about = { sessionId: 's', profile: 'p', agent: null, title: null, cwd: null };
      for (const each of steps) {
        if (each.kind === 'pass') {
          now += each.ms;
          continue;
        }
        const at = { monotonic: now, wall: now + 1e6 };
        const live = known.holder !== null && known.until > now;
        const there = session !== null;
        let decided: Decided;
        if (each.kind === 'start') {
          decided = start(session, about, { lease: each.lease, ttlMs: each.ttl }, at);
          const mine = known.holder === each.lease;
          const free = !there || known.over;
          expect(typeof decided).toBe(mine || free ? 'object' : 'string');
          if (!mine && !free) expect(decided as string).toBe(live ? 'busy' : 'conflict');
          if (!mine && free) Object.assign(known, { generation: known.generation + 1, over: false });
          if (mine || free) Object.assign(known, { holder: each.lease, until: now + each.ttl });
        } else if (each.kind === 'beat') {
          decided = beat(session, each.lease, each.ttl, at);
          expect(typeof decided).toBe(known.holder === each.lease ? 'object' : 'string');
          if (typeof decided === 'object') known.until = now + decided.ttlMs;
        } else if (each.kind === 'clear') {
          decided = clear(session, each.lease, at);
          const may = there && (known.over || (each.lease === null ? !live : known.holder === each.lease));
          expect(typeof decided).toBe(may ? 'object' : 'string');
          if (may) Object.assign(known, { holder: null, over: true });
        } else if (each.kind === 'takeover') {
          decided = takeOver(session, { lease: each.lease, ttlMs: each.ttl }, null, each.force, at);
          const mine = known.holder === each.lease;
          const may = there && (mine || (!known.over && (!live || each.force)));
          expect(typeof decided).toBe(may ? 'object' : 'string');
          if (may && !mine) known.generation++;
          if (may) Object.assign(known, { holder: each.lease, until: now + each.ttl });
        } else {
          decided = handOver(session, each.lease, at);
          const may = there && known.holder === each.lease;
          expect(typeof decided).toBe(may ? 'object' : 'string');
          if (may) known.holder = null;
        }
        if (typeof decided === 'string') {
          expect(decided === 'no_such_session').toBe(!there);
          continue;
        }
        session = decided;
        expect(session.generation).toBe(known.generation);
        expect(session.lease).toBe(known.holder);
        expect(session.state).toBe(known.over ? 'cleared' : known.holder === null ? 'handed_over' : known.until > now ? 'active' : 'stale');
        expect(session.deadline).toBe(session.state === 'active' ? known.until : null);
        if (session.state === 'active') {
          expect(current(session, { monotonic: known.until - 1, wall: 0 }).state).toBe('active');
          expect(current(session, { monotonic: known.until, wall: 0 })).toMatchObject({ state: 'stale', lease: known.holder, deadline: null });
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('after a restart a lease is neither over at once nor longer than it was, whatever the wall clock says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 1e9 }),
      fc.integer({ min: -1e13, max: 1e13 }),
      fc.integer({ min: 0, max: 1e13 }),
      (ttl, expires, wall) => {
        const left = leftAfterRestart(ttl, expires, wall);
        expect(left).toBeLessThanOrEqual(ttl);
        expect(left).toBeGreaterThanOrEqual(Math.min(ttl, RESTART_GRACE_MS));
      },
    ),
  );
});
