import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import type { Asked, BrokerDeps } from '../broker';

/** Answered when it is stored: from then on the broker sees to it that the senders hear of it. */
export async function messageSeen({ receipts }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'message_seen'>>): Promise<void> {
  await receipts.seen(peer, frame.messages);
  reply({ type: 'message_seen_ack' });
}

export async function receiptsAck({ receipts }: BrokerDeps, { connection, frame }: Asked<ClientFrameOf<'receipts_ack'>>): Promise<void> {
  await receipts.known(connection, frame.receipts);
}
