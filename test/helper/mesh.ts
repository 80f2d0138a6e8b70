import { readEvents, type StreamEvent } from '../../src/kernel/event_stream';
import type { Mesh, Seat, TestBroker } from './broker';
import type { Reply, TestDaemon } from './daemon';
import { until } from './until';

/** A configuration with one mesh, as claudemesh writes it. */
export const configOf = (broker: { readonly url: string }, mesh: Mesh, seat: Seat, over: Record<string, unknown> = {}) => ({
  version: 1,
  displayName: seat.name,
  meshes: [
    {
      ...{ meshId: mesh.id, memberId: seat.memberId, slug: mesh.slug, name: mesh.slug, pubkey: seat.keys.publicKey },
      ...{ secretKey: seat.keys.secretKey, brokerUrl: broker.url, joinedAt: '2026-01-31T12:00:00Z', rootKey: mesh.rootKey, ...over },
    },
  ],
});

/** Makes a daemon a member of a mesh, connected when this resolves. */
export async function join(daemon: TestDaemon, broker: TestBroker, mesh: Mesh, name: string): Promise<Seat> {
  const seat = await broker.member(mesh, name);
  const { body } = await daemon.call('mesh_import', { config: configOf(broker, mesh, seat) });
  if (body.imported?.[0] !== mesh.slug) throw new Error(JSON.stringify(body));
  await connected(daemon, mesh.slug);
  return seat;
}

export const connected = (daemon: TestDaemon, slug: string): Promise<unknown> =>
  until(`${slug} is connected`, async () => (await linkOf(daemon, slug)) === 'open');

export async function linkOf(daemon: TestDaemon, slug: string): Promise<string | undefined> {
  const { body } = await daemon.call('mesh_status');
  return body.meshes.find((each: { mesh: string }) => each.mesh === slug)?.state;
}

/** A request to the message interface. */
export async function v1(daemon: TestDaemon, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await daemon.fetch(`/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

export const send = (daemon: TestDaemon, body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Reply> =>
  v1(daemon, 'POST', 'send', body, headers);

/** The row of a key, as `/v1/outbox` lists it. */
export const rowOf = async (daemon: TestDaemon, key: string) =>
  (await v1(daemon, 'GET', `outbox?client_message_id=${encodeURIComponent(key)}`)).body.items[0];

export const rowIs = (daemon: TestDaemon, key: string, status: string) =>
  until(`${key} is ${status}`, async () => {
    const row = await rowOf(daemon, key);
    return row?.status === status ? row : undefined;
  });

/** Everything in the inbox that is not marked, oldest first. */
export async function inboxOf(daemon: TestDaemon): Promise<any[]> {
  const items: any[] = [];
  let cursor = '';
  do {
    const { body } = await v1(daemon, 'GET', `inbox?mark_seen=false&limit=1000${cursor}`);
    items.push(...body.items);
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
  } while (cursor !== '');
  return items.toReversed();
}

export const arrived = (daemon: TestDaemon, count: number) =>
  until(`${count} messages have arrived`, async () => {
    const items = await inboxOf(daemon);
    return items.length >= count ? items : undefined;
  });

/** An open `/v1/events`. */
export async function hear(daemon: TestDaemon, search = '', headers: Record<string, string> = {}) {
  const response = await daemon.fetch(`/v1/events${search}`, { headers });
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  return {
    response,
    async next(kind?: string): Promise<{ id: string; event: string; data: any }> {
      for (;;) {
        const { value, done } = (await events.next()) as IteratorResult<StreamEvent>;
        if (done) throw new Error('the stream ended');
        if (kind === undefined || value.event === kind) return { ...value, data: JSON.parse(value.data) };
      }
    },
    close: () => void events.return?.(undefined as never),
  };
}
