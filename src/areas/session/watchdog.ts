import type { SessionDeps } from './deps';
import { AgentFault } from './driver';
import type { Turn } from './turn';

/** A turn without a sign of life for too long is given up, unless it waits for somebody or for its start. */
export function watchTurn({ limits, clock }: Pick<SessionDeps, 'limits' | 'clock'>, turn: Turn, waits: () => boolean): Timer {
  const look = () => {
    if (waits()) turn.lastSign = clock.monotonic();
    const silent = clock.monotonic() - turn.lastSign;
    if (silent < limits().idleMs) return;
    turn.abort.abort(new AgentFault('idle', `The agent gave no sign of life for ${Math.round(silent / 1000)} seconds.`));
  };
  return setInterval(look, Math.min(1000, limits().idleMs)).unref();
}
