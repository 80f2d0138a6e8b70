import { beforeAll, expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sodium } from '../helper/broker';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { FakeBroker } from '../helper/fake_broker';
import { connected, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

let daemon: TestDaemon;
let broker: FakeBroker;

beforeAll(async () => {
  const me = newIdentity(sodium);
  broker = new FakeBroker().start();
  daemon = await startDaemon({ config: '[mesh]\nreconnect_ms = 20\nack_ms = 2000\n' });
  const about = { meshId: 'id-one', memberId: 'm', slug: 'one', name: 'one', brokerUrl: broker.url, joinedAt: '2026-01-31T12:00:00Z' };
  await daemon.call('mesh_import', { config: { version: 1, meshes: [{ ...about, pubkey: me.publicKey, secretKey: me.secretKey }] } });
  await connected(daemon, 'one');
});

test('what goes out with its acceptance overtakes nothing: a recipient gets what was accepted in its order, however many come', async () => {
  const to = newIdentity(sodium).publicKey;
  let refusals = 0;
  broker.onSend = ({ id, targetSpec }) => {
    // Some are refused for now, so that others have to wait behind them.
    if (targetSpec === to && refusals < 3 && /7$/.test(id)) {
      refusals++;
      return { type: 'ack', id, messageId: '', queued: false, error: 'busy', retry_after_ms: 30 };
    }
    return { type: 'ack', id, messageId: `m-${id}`, queued: true };
  };
  const taken: string[] = [];
  const accept = broker.onSend;
  broker.onSend = (frame) => {
    const answer = accept(frame);
    if (answer?.queued === true && frame.targetSpec === to) taken.push(frame.id);
    return answer;
  };
  // One at a time first, then more than may go out at once, then one at a time again.
  for (let at = 0; at < 12; at++) await send(daemon, { to, message: `${at}`, client_message_id: `o-1-${at}` });
  await Promise.all(Array.from({ length: 60 }, (_, at) => send(daemon, { to, message: `${at}`, client_message_id: `o-2-${at}` })));
  for (let at = 0; at < 12; at++) await send(daemon, { to, message: `${at}`, client_message_id: `o-3-${at}` });
  await until('all are taken', () => taken.length === 84);
  const rows = (await v1(daemon, 'GET', 'outbox?limit=84')).body.items as { client_message_id: string }[];
  expect(refusals).toBe(3);
  expect(taken.slice(0, 8)).not.toContain('o-1-7');
  expect(new Set(taken).size).toBe(84);
  // Those that were under way together with a refused one came before it; all others are in order.
  const order = new Map(rows.toReversed().map(({ client_message_id }, at) => [client_message_id, at]));
  const late = taken.filter((key) => /7$/.test(key));
  const steady = taken.filter((key) => !late.includes(key)).map((key) => order.get(key)!);
  expect(steady).toEqual(steady.toSorted((a, b) => a - b));
});
