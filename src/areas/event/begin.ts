import type { Clock } from '../../kernel/clock';
import type { Call } from '../../kernel/context';
import { parseSince, type Since } from './since';

/** Where a call's `since` says to begin; null without one. `bad_args` for what is none. */
export function beginAt(since: string | undefined, clock: Clock, call: Pick<Call<never>, 'fail'>): Since | null {
  if (since === undefined) return null;
  const parsed = parseSince(since, clock.now());
  if (typeof parsed === 'string') throw call.fail('bad_args', `/since: ${parsed}.`, { path: '/since' });
  return parsed;
}
