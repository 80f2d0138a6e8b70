import { expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { Slack } from '../../src/areas/mesh/slack';
import { box, sodium } from '../helper/broker';
import { startDaemon } from '../helper/daemon';
import { FakeBroker } from '../helper/fake_broker';
import { inboxOf, linkOf, rowIs, rowOf, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

const [me, peer] = [newIdentity(sodium), newIdentity(sodium)];

test('receipts of what was not sent are counted and change nothing; a broker that knows none is not told what was seen', async () => {
  const broker = new FakeBroker().start();
  const daemon = await startDaemon();
  const entry = { meshId: 'id-one', memberId: 'm', slug: 'one', name: 'one', pubkey: me.publicKey, secretKey: me.secretKey, brokerUrl: broker.url };
  await daemon.call('mesh_import', { config: { version: 1, meshes: [{ ...entry, joinedAt: '2026-01-31T12:00:00Z' }] } });
  await until('it is open', async () => (await linkOf(daemon, 'one')) === 'open');
  const refused = async (code: string) =>
    Number(new RegExp(`zd_mesh_refused_total\\{mesh="one",code="${code}"\\} (\\d+)`).exec((await v1(daemon, 'GET', 'metrics')).body)?.[1] ?? 0);
  await send(daemon, { to: peer.publicKey, message: 'x', client_message_id: 'receipt-1' });
  await rowIs(daemon, 'receipt-1', 'done');
  const receipt = { messageId: 'm-receipt-1', clientMessageId: 'receipt-1', seen: 1, recipients: 1, seenAt: 8_640_000_000_000_000 };
  const lies = [{ clientMessageId: 'never' }, { messageId: 'm-other' }, { seen: 2 }].map((lie) => ({ ...receipt, ...lie }));
  broker.say({ type: 'receipts', receipts: lies });
  broker.say({ type: 'receipts', receipts: [{ ...receipt, seen: -1 }] });
  await until('the lies are counted', async () => (await refused('stray_receipt')) === 3 && (await refused('invalid_frame')) === 1);
  expect(await rowOf(daemon, 'receipt-1')).toMatchObject({ delivery: 'handed_to_broker', seen_by: 0, seen_at: null });
  // Times of the future are not believed; the same twice is no news.
  broker.say({ type: 'receipts', receipts: [receipt, receipt] });
  await until('it is confirmed', () => broker.of('receipts_ack').length === 2);
  const row = await rowOf(daemon, 'receipt-1');
  expect(row).toMatchObject({ delivery: 'seen', seen_by: 1, recipients: 1 });
  expect(Date.parse(row.seen_at)).toBeLessThanOrEqual(Date.now());
  const sealed = box.seal('seen, and kept to ourselves', me.publicKey, peer.secretKey);
  const about = { meshId: 'id-one', senderPubkey: peer.publicKey, priority: 'next', createdAt: '2026-01-31T12:00:00Z', targetSpec: me.publicKey };
  broker.say({ type: 'push', messageId: 'm-k', client_message_id: 'k', ...about, ...sealed });
  await broker.next('client_ack');
  expect((await v1(daemon, 'POST', 'inbox/seen', { ids: [(await inboxOf(daemon))[0].id] })).body).toEqual({ marked_seen: 1 });
  expect(broker.of('message_seen')).toEqual([]);
  expect(await linkOf(daemon, 'one')).toBe('open');
});

test('memory is given back once behind each burst, and not during it', () => {
  let [handled, released] = [0, 0];
  const slack = new Slack(
    () => handled,
    () => released++,
  );
  const look = (more: number) => {
    handled += more;
    slack.look();
    return released;
  };
  expect([0, 400, 15, 9000, 8000, 100, 21, 3, 0, 0, 600, 0].map(look)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
});
