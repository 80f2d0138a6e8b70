import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { TIMES } from '../../src/broker/settings';
import { BrokerRig, type FakeClient } from '../helper/broker_rig';

const person = fc.nat({ max: 2 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('send' as const), from: person, to: fc.integer({ min: -1, max: 2 }), key: fc.nat({ max: 25 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), who: person }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('vanish' as const), who: person }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), who: person, part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('status' as const), who: person, status: fc.constantFrom('idle', 'working', 'dnd') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2 * TIMES.claim }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

/** What must be: who was promised which message, and who has said to have it. */
class Model {
  readonly links: (FakeClient | null)[] = [null, null, null];
  /** Sender and id → the broker's id. */
  readonly taken = new Map<string, string>();
  readonly promised = [new Set<string>(), new Set<string>(), new Set<string>()];
  readonly acknowledged = [new Set<string>(), new Set<string>(), new Set<string>()];
  /** Per reader: how many of its frames were looked at. */
  private readonly looked = new Map<FakeClient, number>();

  constructor(readonly rig: BrokerRig) {}

  /** Checks what came since: only what was promised to this reader, and nothing it has acknowledged. */
  look(who: number): string[] {
    const link = this.links[who];
    if (!link) return [];
    const from = this.looked.get(link) ?? 0;
    this.looked.set(link, link.frames.length);
    const ids = link.frames
      .slice(from)
      .flatMap(({ type, senderPubkey, messageId }) => (type === 'push' && senderPubkey !== 'system' ? [messageId as string] : []));
    for (const id of ids) {
      expect([who, id, this.promised[who]!.has(id)]).toEqual([who, id, true]);
      expect([who, id, this.acknowledged[who]!.has(id)]).toEqual([who, id, false]);
    }
    return ids;
  }

  async acknowledge(who: number, part: number): Promise<void> {
    this.look(who);
    const link = this.links[who];
    if (!link) return;
    const waiting = [...link.connection.inFlight.keys()];
    for (const id of waiting.slice(0, Math.ceil(waiting.length * part))) {
      await link.say({ type: 'client_ack', brokerMessageId: id });
      this.look(who);
      this.acknowledged[who]!.add(id);
    }
  }

  async join(who: number): Promise<void> {
    const old = this.links[who];
    this.links[who] = await this.rig.join(this.rig.seats[who]!);
    // Of two links of one peer the newer stays.
    if (old) expect([who, old.connection.isOpen]).toEqual([who, false]);
  }

  vanish(who: number): void {
    this.look(who);
    this.links[who]?.vanish();
    this.links[who] = null;
  }

  async send(from: number, to: number, key: number): Promise<void> {
    const link = this.links[from];
    if (!link || to === from) return;
    const { seats } = this.rig;
    const name = `${from}/${key}`;
    const target = to === -1 ? '*' : seats[to]!.keys.publicKey;
    // One id always says the same, so that trying it again is no other message.
    const clientId = `${name}-${to}`;
    const ack = await link.post(target, clientId, { ciphertext: 'aGk=', priority: key % 5 === 0 ? 'now' : 'next' });
    expect(ack).toMatchObject({ queued: true });
    const known = this.taken.get(clientId);
    expect([clientId, ack.duplicate]).toEqual([clientId, known !== undefined]);
    if (known) expect(ack.messageId).toBe(known);
    else {
      this.taken.set(clientId, ack.messageId as string);
      for (const reader of to === -1 ? [0, 1, 2].filter((each) => each !== from) : [to]) this.promised[reader]!.add(ack.messageId as string);
    }
    for (const reader of [0, 1, 2]) this.look(reader);
  }
}

test('every accepted message reaches each of its readers, in order, and no more once it is acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }), async (steps) => {
      const rig = new BrokerRig();
      const model = new Model(rig);
      await model.join(0);
      for (const each of steps) {
        if (each.do === 'send') await model.send(each.from, each.to, each.key);
        else if (each.do === 'join') await model.join(each.who);
        else if (each.do === 'vanish') model.vanish(each.who);
        else if (each.do === 'acknowledge') await model.acknowledge(each.who, each.part);
        else if (each.do === 'status') await model.links[each.who]?.say({ type: 'set_status', status: each.status });
        else if (each.do === 'pass') await rig.pass(each.ms);
        else {
          for (const who of [0, 1, 2]) model.look(who);
          rig.restart();
          model.links.fill(null);
        }
        for (const who of [0, 1, 2]) model.look(who);
      }
      for (const who of [0, 1, 2]) {
        const isNew = !model.links[who];
        if (isNew) await model.join(who);
        // Who comes back within its grace is as busy as it was: then what is urgent comes first.
        const wasIdle = model.links[who]!.connection.presence!.status === 'idle';
        await model.links[who]!.say({ type: 'set_status', status: 'idle' });
        const came = model.look(who);
        // On a link of its own what waits comes in the order in which it was taken.
        if (isNew && wasIdle) expect(came).toEqual([...model.taken.values()].filter((id) => came.includes(id)));
        while (model.links[who]!.connection.inFlight.size > 0) await model.acknowledge(who, 1);
        expect([...model.promised[who]!].filter((id) => !model.acknowledged[who]!.has(id))).toEqual([]);
      }
      expect(rig.broker.deps.messages.undelivered()).toBe(0);
      rig.close();
    }),
    { numRuns: Number(process.env.MODEL_RUNS ?? 40) },
  );
}, 120_000);
