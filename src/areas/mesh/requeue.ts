import { ZdError } from '../../kernel/error';
import type { OutboxRow } from './outbox_row';
import { MAX_ID_CHARS } from './send_request';
import type { MeshService } from './service';
import { verdict } from './verdict';

const GONE = 'row not found, already aborted, or already done';

/** Retires a message and sends the same one anew, or throws `conflict` or `idempotency_key_reused` and changes nothing. */
export async function requeue(
  { outbox, rows }: MeshService,
  { id, newKey, by }: { readonly id: string; readonly newKey: string | null; readonly by: string },
): Promise<{ readonly old: OutboxRow; readonly newRowId: string; readonly newKey: string }> {
  const key = newKey?.trim() || null;
  if (key !== null && (key.length > MAX_ID_CHARS || /\p{Cc}/u.test(key)))
    throw new ZdError('bad_args', 'The new key is too long or has characters that cannot be printed.', { path: '/new_client_message_id' });
  const gone = (error: string) => new ZdError('conflict', `${error}.`, { extra: { error } });
  if (!rows.has(id)) throw gone(GONE);
  const { result, newKey: used } = await outbox.requeue(id, key, by.slice(0, 256));
  if ('old' in result) return { ...result, newKey: used };
  if (result.refused !== 'key') throw gone(result.refused === 'state' ? GONE : 'the content of the row was wiped');
  const row = outbox.get(id);
  const { body } = verdict(result.by, row.request_fingerprint, row.mesh);
  const conflict =
    'conflict' in body
      ? body
      : { error: 'idempotency_key_reused', conflict: `outbox_${result.by.status}_fingerprint_match`, broker_message_id: result.by.broker_message_id };
  throw new ZdError('idempotency_key_reused', undefined, { extra: { ...conflict } });
}
