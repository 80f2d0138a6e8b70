import { expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { plainBody } from '../../src/areas/mesh/wire/open_body';
import { startBroker, type Mesh, type Seat, type TestBroker } from '../helper/broker';
import { helloOf, RawClient, type Frame } from '../helper/mesh_client';
import { until } from '../helper/until';
import { random } from '../helper/zero_loss';

/** `CRASH_ROUNDS` asks for more kills than the suite has time for. */
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 8);
const SEED = Number(process.env.CRASH_SEED ?? 20_261_121);
const SOURCE = [process.execPath, resolve(import.meta.dir, '../../src/main.ts')];

interface World {
  readonly broker: TestBroker;
  readonly mesh: Mesh;
  readonly seats: readonly Seat[];
  /** Id of a sender → the broker's id it was acknowledged with, and whom it must reach. */
  readonly acknowledged: Map<string, { messageId: string; to: readonly string[] }>;
  /** Reader → ids it acknowledged or saw, with the broker's ids. */
  readonly seen: Map<string, Map<string, Set<string>>>;
}

async function worldOf(env: Record<string, string> = {}): Promise<World> {
  const broker = await startBroker([], env, SOURCE);
  const mesh = await broker.mesh();
  const seats = await Promise.all(['Ann', 'Bob', 'Cem'].map((name) => broker.member(mesh, name)));
  return { broker, mesh, seats, acknowledged: new Map(), seen: new Map(seats.map(({ name }) => [name, new Map()])) };
}

const open = async ({ broker, seats, seen }: World): Promise<RawClient[]> =>
  Promise.all(
    seats.map(async (seat) => {
      const client = await RawClient.open(broker.url);
      // Before the hello: what waits comes right behind its answer.
      client.onPush = (push: Frame) => {
        const mine = seen.get(seat.name)!;
        mine.set(push.client_message_id, (mine.get(push.client_message_id) ?? new Set()).add(push.messageId));
      };
      client.send(helloOf(seat));
      await client.next('hello_ack');
      return client;
    }),
  );

/** Sends with retries of the same ids until the broker is gone. */
async function work(world: World, clients: readonly RawClient[], round: number, dead: () => boolean): Promise<void> {
  const { seats, acknowledged, mesh } = world;
  await Promise.all(
    clients.map(async (client, at) => {
      const others = [...seats.filter((_, index) => index !== at), mesh.owner];
      for (let number = 0; !dead() && !client.closed; number++) {
        // Every third key was tried in an earlier round too, whatever became of it there.
        const key = `${seats[at]!.name}-${number % 3 === 0 ? 'again' : round}-${number}`;
        const all = number % 4 === 0;
        const target = all ? '*' : others[number % others.length]!.keys.publicKey;
        const body = { nonce: 'bm9uY2U=', ciphertext: plainBody(`${key} ${target}`).ciphertext };
        const ack = await client.post(target, body, { client_message_id: key }).catch(() => null);
        if (!ack) return;
        expect([key, ack.queued, ack.error]).toEqual([key, true, undefined]);
        const known = acknowledged.get(key);
        if (known) expect([key, ack.messageId]).toEqual([key, known.messageId]);
        const to = all ? others.map(({ name }) => name) : [others[number % others.length]!.name];
        acknowledged.set(key, { messageId: ack.messageId, to });
      }
    }),
  );
}

async function expectAll(world: World): Promise<void> {
  const { seats, acknowledged, seen } = world;
  const clients = await open(world);
  for (const seat of seats) {
    const due = [...acknowledged].filter(([, { to }]) => to.includes(seat.name));
    await until(`${seat.name} has everything`, () => due.every(([key]) => seen.get(seat.name)!.has(key)));
    // One id is one message, however often it was sent or pushed.
    for (const [key, ids] of seen.get(seat.name)!) expect([key, ids.size]).toEqual([key, 1]);
    for (const [key, { messageId }] of due) expect([key, ...seen.get(seat.name)!.get(key)!]).toEqual([key, messageId]);
  }
  await Promise.all(clients.map((client) => client.close()));
}

test(`what a broker acknowledged survives kill -9 at any moment (seed ${SEED})`, async () => {
  const next = random(SEED);
  const world = await worldOf();
  for (let round = 0; round < ROUNDS; round++) {
    const clients = await open(world);
    let dead = false;
    const before = world.acknowledged.size;
    const sending = work(world, clients, round, () => dead);
    const after = before + Math.floor(next() * 60);
    await until('enough is acknowledged', () => world.acknowledged.size >= after || clients.every(({ closed }) => closed));
    await world.broker.stop(round % 4 === 3 ? 'SIGTERM' : 'SIGKILL');
    dead = true;
    await sending;
    await world.broker.start();
    if (round % 2 === 1) await expectAll(world);
  }
  await expectAll(world);
  expect(world.acknowledged.size).toBeGreaterThan(ROUNDS);
}, 300_000);

for (const point of ['storage.before_commit', 'storage.after_commit'])
  for (const nth of [4, 11])
    test(`and a death at ${point}, the ${nth}th time`, async () => {
      const world = await worldOf();
      await world.broker.stop();
      await world.broker.start({ ZD_FAILPOINTS: `${point}=kill@+${nth}` });
      const clients = await open(world).catch(() => []);
      let dead = false;
      void world.broker.ended().then(() => (dead = true));
      await work(world, clients, nth, () => dead);
      await world.broker.ended();
      await world.broker.start();
      await expectAll(world);
    }, 180_000);

test('a message whose acknowledgement was lost is answered as the same one when it is sent again', async () => {
  const world = await worldOf();
  const [ann, bob] = world.seats as [Seat, Seat];
  await world.broker.stop();
  await world.broker.start({ ZD_FAILPOINTS: 'broker.before_ack=kill@+1' });
  const client = await RawClient.join(world.broker, ann);
  const body = plainBody('once');
  await expect(client.post(bob.keys.publicKey, body, { client_message_id: 'lost-ack' })).rejects.toThrow();
  await world.broker.ended();
  await world.broker.start();
  const [again, reader] = [await RawClient.join(world.broker, ann), await RawClient.join(world.broker, bob)];
  expect(await again.post(bob.keys.publicKey, body, { client_message_id: 'lost-ack' })).toMatchObject({ queued: true, duplicate: true });
  await until('it is there', () => reader.pushes().length > 0);
  await reader.ask({ type: 'list_peers' });
  expect(reader.pushes().length).toBe(1);
}, 180_000);

test('a message that cannot be stored is refused, its id stays free, and the broker goes on', async () => {
  const world = await worldOf();
  const [ann, bob] = world.seats as [Seat, Seat];
  await world.broker.stop();
  // The first two writes let the sender in.
  await world.broker.start({ ZD_FAILPOINTS: 'storage.before_commit=full@+3' });
  const client = await RawClient.join(world.broker, ann);
  const body = plainBody('fits later');
  const refused = await client.post(bob.keys.publicKey, body, { client_message_id: 'full' });
  expect([refused.queued, String(refused.error).split(':')[0], refused.retry_after_ms]).toEqual([false, 'storage', 1000]);
  expect(await client.post(bob.keys.publicKey, body, { client_message_id: 'full' })).toMatchObject({ queued: true, duplicate: false });
  const reader = await RawClient.join(world.broker, bob);
  await until('it is there', () => reader.pushes().length === 1);
}, 180_000);
