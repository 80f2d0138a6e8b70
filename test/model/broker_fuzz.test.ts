import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { CLIENT_FRAMES } from '../../src/areas/mesh/wire/frames_client';
import { BrokerRig } from '../helper/broker_rig';

/** Values that frames hold, and many that they must not. */
const value = (texts: readonly string[]) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...texts) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.integer() },
    { weight: 1, arbitrary: fc.boolean() },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );

test('no frame makes the broker fail: each is answered, refused by a code, or taken', async () => {
  const rig = new BrokerRig();
  const [ann, bob, cem] = rig.seats;
  const texts = [
    ...[
      ann.keys.publicKey,
      bob.keys.publicKey,
      '*',
      '@all',
      '@ops',
      '#general',
      '#news',
      'news',
      'general',
      'next',
      'now',
      'idle',
      'dnd',
      'k-1',
      'k-2',
    ],
    ...['', '%', "'; DROP TABLE message; --", '\u0000', '\ud800', 'x'.repeat(300), 'bm9uY2U=', '__proto__', 'Ann', 'Bob', 'private', 'observer'],
  ];
  const types = Object.keys(CLIENT_FRAMES) as (keyof typeof CLIENT_FRAMES)[];
  const frame = fc.constantFrom(...types).chain((type) => {
    const { type: _, ...properties } = CLIENT_FRAMES[type].properties;
    return fc
      .record(Object.fromEntries(Object.keys(properties).map((name) => [name, value(texts)])), { requiredKeys: [] })
      .map((members) => ({ ...members, type }));
  });
  const { meshes } = rig.broker.deps;
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 30 }), async (frames) => {
      // An admin, so that nothing stops at the door.
      rig.broker.deps.db.sqlite.query(`UPDATE member SET role = 'admin', revoked_at = NULL WHERE id = ?`).run(ann.memberId);
      meshes.revoke(bob.memberId, null);
      const [a, b] = [await rig.join(ann), await rig.join(bob), await rig.join(cem)];
      for (const each of frames) {
        const before = a.frames.length;
        await a.say(each);
        const answers = a.frames.slice(before);
        const failed = answers.find(({ code, error }) => code === 'internal' || String(error).startsWith('internal'));
        expect(failed === undefined ? null : [each, failed]).toBeNull();
      }
      await rig.pass(100);
      a.vanish();
      b.vanish();
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 40) },
  );
  expect(rig.broker.deps.counters.get('frames')).toBeGreaterThan(300);
}, 60_000);

test('frames of well-formed shape and any content are told apart by code alone', async () => {
  const rig = new BrokerRig();
  const a = await rig.join(rig.seats[0]);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async (text) => {
      const before = a.frames.length;
      await a.say({ type: 'topic_create', name: text });
      await a.say({ type: 'set_state', key: text, value: text, _reqId: 'x' });
      await a.say({ type: 'get_state', key: text });
      await a.say({ type: 'recall', query: text });
      await a.say({ type: 'join_group', name: text });
      expect(a.frames.slice(before).filter(({ code }) => code === 'internal' || code === 'storage')).toEqual([]);
      const state = a.frames.slice(before).find(({ type }) => type === 'state_result');
      if (state && text.isWellFormed()) expect(state.value).toBe(text);
      if (a.connection.faults > 90) a.connection.faults = 0;
    }),
    { numRuns: 200 },
  );
}, 60_000);
