import { ZdError } from '../../kernel/error';
import type { Lane } from './lane';
import type { Answer, Holder } from './model';
import type { Loss } from './service';
import { gone } from './tickets';

/** What somebody is told who does not get the lock, with who has it. */
export function refusal(result: Exclude<Answer['result'], Holder>, { name, state }: Lane): ZdError {
  const lock = `The lock ${JSON.stringify(name)}`;
  if (result === 'gone') return gone();
  if (result === 'slots') {
    const [{ slots } = { slots: null }] = [...state.holders, ...state.queue].filter((each) => each.slots !== null);
    return new ZdError('conflict', `${lock} is in use with ${slots} slots.`, { path: '/slots', extra: { slots } });
  }
  const [holder] = state.holders;
  const more = state.holders.length > 1 ? ` and ${state.holders.length - 1} more` : '';
  const by = holder ? ` is held by ${described(holder)}${more}` : ' is waited for by others';
  const extra = { holder_pid: holder?.process?.pid ?? 0, waiters: state.queue.length };
  return result === 'busy'
    ? new ZdError('busy', `${lock}${by}.`, { hint: 'Wait for it with a timeout, or see who has it with `zd lock list`.', extra })
    : new ZdError('timeout', `${lock}${by}, and the time to wait ran out.`, { extra });
}

function described({ owner, process, fence }: Holder): string {
  const who = owner === null ? '' : JSON.stringify(owner);
  const pid = process === null ? '' : `pid ${process.pid}`;
  if (who && pid) return `${who} (${pid})`;
  return who || pid || `grant ${fence}`;
}

const HOW: Readonly<Record<Loss, string>> = {
  expired: 'its lease ran out',
  process_ended: 'its process ended',
  broken: 'it was broken by hand',
};

export const lost = (name: string, loss: Loss | null): string =>
  `The lock ${JSON.stringify(name)} is not held with this token any more${loss ? `: ${HOW[loss]}` : ''}.`;
