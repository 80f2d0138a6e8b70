import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import { AgentFault } from './driver';
import type { Turn } from './turn';
import type { Ended } from './turn_store';

/** How a turn ends in which something was thrown. What nobody expected is logged, and not told. */
export function endOf(error: unknown, turn: Turn, storage: unknown, log: Logger): Ended {
  if (storage !== null) return { type: 'error', reason: 'storage', message: 'What the agent said could not be stored.' };
  const { signal } = turn.abort;
  if (signal.aborted && !(signal.reason instanceof AgentFault)) return { type: 'done', stopReason: 'cancelled' };
  const fault: unknown = signal.aborted ? signal.reason : error;
  if (fault instanceof AgentFault) return { type: 'error', reason: fault.reason, message: fault.message };
  if (fault instanceof ZdError) return { type: 'error', reason: fault.code, message: fault.message };
  log.error('session: a turn failed', { error });
  return { type: 'error', reason: 'internal', message: 'zd failed; see its log.' };
}
