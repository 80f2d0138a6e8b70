import { startBroker, type Mesh, type Seat, type TestBroker } from './broker';
import { startDaemon, type TestDaemon } from './daemon';
import { connected, inboxOf, join, rowOf, send, v1 } from './mesh';
import { until } from './until';

/** Answers of the broker are waited for so briefly that a paused one makes the sender try again. */
const CONFIG = '[mesh]\nreconnect_ms = 15\nack_ms = 250\n';
const STATES = {
  sender: [
    'mesh.after_accept',
    'mesh.after_claim',
    'mesh.after_send',
    'mesh.before_done',
    'mesh.after_done',
    'mesh.before_receipts_ack',
    'storage.before_commit',
    'storage.after_commit',
  ],
  receiver: ['mesh.before_inbox', 'mesh.before_client_ack', 'mesh.before_seen_told', 'storage.before_commit', 'storage.after_commit'],
  broker: ['storage.before_commit', 'storage.after_commit'],
} as const;

type Actor = keyof typeof STATES;
export const FAULTS = ['killed', 'terminated', 'at_a_state', 'down_at_first', 'paused', 'flapping'] as const;
type Fault = (typeof FAULTS)[number];

/** mulberry32: small, and the same everywhere. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Two daemons and a broker, to which a seed says what happens. Every message that was accepted has to arrive once, whatever did. */
export class ZeroLoss {
  private constructor(
    private readonly broker: TestBroker,
    private readonly sender: TestDaemon,
    private readonly receiver: TestDaemon,
    private readonly mesh: Mesh,
    private readonly seat: Seat,
  ) {}

  static async start(): Promise<ZeroLoss> {
    const broker = await startBroker(['--rate', '5000', '--burst', '5000']);
    const mesh = await broker.mesh('lossless');
    const [sender, receiver] = await Promise.all([startDaemon({ config: CONFIG, source: true }), startDaemon({ config: CONFIG, source: true })]);
    await join(sender, broker, mesh, 'sender');
    return new ZeroLoss(broker, sender, receiver, mesh, await join(receiver, broker, mesh, 'receiver'));
  }

  /** What the seed says, in words. Throws when a message is lost, doubled, or ends without a reason. */
  async run(seed: number): Promise<string> {
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
    const fault: Fault = pick(FAULTS);
    const actor: Actor =
      fault === 'down_at_first' || fault === 'paused' || fault === 'flapping' ? pick(['broker', 'receiver']) : pick(['sender', 'broker', 'receiver']);
    const count = 1 + Math.floor(next() * 8);
    const keys = Array.from({ length: count }, (_, at) => `${seed}-${at}-${crypto.randomUUID().slice(0, 8)}`);
    const state = pick(STATES[actor]);
    const nth = 1 + Math.floor(next() * 3);
    const told = `seed ${seed}: ${actor} ${fault}${fault === 'at_a_state' ? ` ${state}@+${nth}` : ''}, ${count} messages`;
    try {
      if (fault === 'at_a_state') await this.restart(actor, { ZD_FAILPOINTS: `${state}=kill@+${nth}` });
      if (fault === 'down_at_first') await this.end(actor, next() < 0.5);
      const sending = keys.map(async (key, at) => {
        await Bun.sleep(next() * 8 * at);
        await this.accept(key, next() < 0.15, 1 + Math.floor(next() ** 4 * 20_000));
      });
      await this.strike(fault, actor, next);
      await this.heal(sending);
      await this.check(keys);
      // A state that was never reached would kill in the middle of another run.
      if (fault === 'at_a_state') await this.restart(actor);
    } catch (error) {
      throw new Error(`${told}: ${(error as Error).message}`, { cause: error });
    }
    return told;
  }

  /** Sends under one key until there is an answer, as every client that lost one does. */
  private async accept(key: string, toAll: boolean, bytes: number): Promise<void> {
    const body = { to: toAll ? '*' : this.seat.keys.publicKey, message: `${key} `.padEnd(bytes, '.'), client_message_id: key };
    await until(
      `${key} is accepted`,
      async () => {
        const { status, body: said } = await send(this.sender, body).catch(() => ({ status: 0, body: null }));
        if (status !== 0 && status !== 200 && status !== 202 && status < 500)
          throw new Error(`${key} was refused: ${status} ${JSON.stringify(said)}`);
        return status === 200 || status === 202;
      },
      30_000,
    );
  }

  private async strike(fault: Fault, actor: Actor, next: () => number): Promise<void> {
    await Bun.sleep(next() * 40);
    if (fault === 'killed' || fault === 'terminated') await this.end(actor, fault === 'killed');
    if (fault === 'paused') {
      const { pid } = this[actor];
      process.kill(pid, 'SIGSTOP');
      await Bun.sleep(next() * 600);
      process.kill(pid, 'SIGCONT');
    }
    for (let round = 0; fault === 'flapping' && round < 3; round++) {
      await this.end(actor, next() < 0.5);
      await this.begin(actor);
      await Bun.sleep(next() * 60);
    }
  }

  /** Brings back what is not there, while what is sent goes on. */
  private async heal(sending: readonly Promise<void>[]): Promise<void> {
    const all = Promise.all(sending);
    let over = false;
    all.then(
      () => (over = true),
      () => (over = true),
    );
    for (;;) {
      await this.alive();
      if (over) break;
      await Bun.sleep(5);
    }
    await all;
  }

  private async check(keys: readonly string[]): Promise<void> {
    // What kills at a state may come only now, when the rest is done.
    await until(
      'every accepted message has ended',
      async () => {
        await this.alive();
        const rows = await Promise.all(keys.map((key) => rowOf(this.sender, key).catch(() => null)));
        return rows.every((row) => row && ['done', 'dead'].includes(row.status)) ? rows : undefined;
      },
      40_000,
    ).then((rows) => {
      for (const row of rows) if (row.status !== 'done') throw new Error(`${row.client_message_id} is ${row.status}: ${row.last_error}`);
    });
    const shown = await until(
      'every message is in the inbox',
      async () => {
        await this.alive();
        const { body } = await v1(this.receiver, 'GET', 'inbox?mark_seen=false&limit=200').catch(() => ({ body: { items: [] } }));
        const items = (body.items as { id: string; client_message_id: string; body: string | null }[]).filter((item) =>
          keys.includes(item.client_message_id),
        );
        return new Set(items.map((item) => item.client_message_id)).size === keys.length ? items : undefined;
      },
      60_000,
    );
    if (shown.length !== keys.length) throw new Error(`${shown.length} messages are shown for ${keys.length}`);
    for (const { client_message_id, body } of shown) if (!body?.startsWith(client_message_id)) throw new Error(`${client_message_id} says ${body}`);
    const told = (await this.events('receiver', 'message')).filter(({ client_message_id }) => keys.includes(client_message_id));
    if (told.length !== keys.length) throw new Error(`${told.length} events tell of ${keys.length} messages`);
    await this.checkSeen(
      keys,
      shown.map(({ id }) => id),
    );
  }

  /** What the reader sees the sender hears of, once. */
  private async checkSeen(keys: readonly string[], ids: readonly string[]): Promise<void> {
    await until('the reader has seen them', async () => {
      await this.alive();
      return (await v1(this.receiver, 'POST', 'inbox/seen', { ids }).catch(() => ({ status: 0 }))).status === 200;
    });
    await until(
      'the sender knows who has seen them',
      async () => {
        await this.alive();
        const rows = await Promise.all(keys.map((key) => rowOf(this.sender, key).catch(() => null)));
        return rows.every((row) => row?.seen_by === 1);
      },
      60_000,
    );
    const heard = (await this.events('sender', 'receipt')).filter(
      ({ client_message_id, delivery }) => delivery === 'seen' && keys.includes(client_message_id),
    );
    if (heard.length !== keys.length) throw new Error(`${heard.length} receipts came for ${keys.length} messages`);
  }

  /** The newest events of a topic; who has them may be killed at its state only now. */
  private events(actor: 'sender' | 'receiver', topic: string): Promise<{ client_message_id: string; delivery?: string }[]> {
    return until(`the events of the ${actor}`, async () => {
      await this.alive();
      const { body } = await this[actor].call('event_list', { kind: 'mesh', topic, order: 'desc', limit: 200 }).catch(() => ({ body: null }));
      return body && (body.events as { data: { client_message_id: string } }[]).map(({ data }) => data);
    });
  }

  private async alive(): Promise<void> {
    for (const actor of ['broker', 'sender', 'receiver'] as const) if (!isRunning(this[actor].pid)) await this.restart(actor);
  }

  private async end(actor: Actor, hard: boolean): Promise<void> {
    if (!isRunning(this[actor].pid)) return;
    if (actor === 'broker') await this.broker.stop(hard ? 'SIGKILL' : 'SIGTERM');
    else if (hard) await this[actor].kill();
    else await this[actor].stop();
  }

  private async begin(actor: Actor, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const started = actor === 'broker' ? this.broker.start(env) : this[actor].restart(env);
    if (env.ZD_FAILPOINTS === undefined) return void (await started);
    // It may die at its state before anybody has seen it answer.
    let up = false;
    started.then(
      () => (up = true),
      () => (up = true),
    );
    await until('it is up, or dead', () => up || !isRunning(this[actor].pid));
  }

  private async restart(actor: Actor, env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.end(actor, false);
    await this.begin(actor, env);
  }

  /** Nothing is left over for the next run. */
  async settle(): Promise<void> {
    await this.alive();
    await Promise.all([connected(this.sender, this.mesh.slug), connected(this.receiver, this.mesh.slug)]);
  }

  /** Messages the receiver has in all. */
  async total(): Promise<number> {
    return (await inboxOf(this.receiver)).length;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
