import { fingerprintPrefix } from './wire/fingerprint';

export type OutboxStatus = 'pending' | 'inflight' | 'done' | 'dead' | 'aborted';
export const OUTBOX_STATUSES = ['pending', 'inflight', 'done', 'dead', 'aborted'] as const satisfies readonly OutboxStatus[];

/** What a stored message tells of itself when its key comes again. */
export interface Known {
  readonly client_message_id: string;
  readonly request_fingerprint: Uint8Array;
  readonly mesh: string;
  readonly status: OutboxStatus;
  readonly broker_message_id: string | null;
  readonly history_id: string | null;
  readonly last_error: string | null;
}

export interface Accepted {
  readonly status: 202;
  readonly body: { readonly client_message_id: string; readonly status: 'queued' | 'inflight' };
}

export interface Duplicate {
  readonly status: 200;
  readonly body: {
    readonly client_message_id: string;
    readonly broker_message_id: string | null;
    readonly history_id: string | null;
    readonly duplicate: true;
  };
}

export interface Conflict {
  readonly status: 409;
  readonly body: {
    readonly error: 'idempotency_key_reused';
    readonly conflict: string;
    readonly daemon_fingerprint_prefix: string;
    readonly broker_message_id: string | null;
    readonly reason?: string;
  };
}

export type Verdict = Accepted | Duplicate | Conflict;

/** A new message, or one that waits: both are told the same. */
export const queued = (id: string): Accepted => ({ status: 202, body: { client_message_id: id, status: 'queued' } });

/**
 * What is answered when the key of a request is that of a stored message. A used key is never free again, and belongs to one mesh: the same
 * words for another mesh are another message.
 */
export function verdict(known: Known, fingerprint: Uint8Array, mesh: string): Verdict {
  const conflict = (name: string, detail: { broker?: string | null; reason?: string | null } = {}): Conflict => ({
    status: 409,
    body: {
      error: 'idempotency_key_reused',
      conflict: name,
      daemon_fingerprint_prefix: fingerprintPrefix(fingerprint),
      broker_message_id: detail.broker ?? null,
      ...(detail.reason === undefined ? {} : { reason: detail.reason ?? 'unknown' }),
    },
  });
  const { status, client_message_id: id, broker_message_id: broker } = known;
  if (known.mesh !== mesh) return conflict('outbox_mesh_mismatch');
  const matches = Buffer.compare(known.request_fingerprint, fingerprint) === 0;
  if (!matches) return conflict(`outbox_${status}_fingerprint_mismatch`, status === 'done' ? { broker } : {});
  switch (status) {
    case 'pending':
      return queued(id);
    case 'inflight':
      return { status: 202, body: { client_message_id: id, status: 'inflight' } };
    case 'done':
      return { status: 200, body: { client_message_id: id, broker_message_id: broker, history_id: known.history_id, duplicate: true } };
    case 'dead':
      return conflict('outbox_dead_fingerprint_match', { broker, reason: known.last_error });
    case 'aborted':
      return conflict('outbox_aborted_fingerprint_match');
  }
}
