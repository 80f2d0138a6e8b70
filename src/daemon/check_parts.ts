import type { Check } from '../areas/meta/service';
import type { PartStatus } from '../kernel/part';
import { fail, ok, warn, type DoctorTarget } from './check';

/** What the supervisor says of each part. */
export const checkParts = ({ parts }: DoctorTarget): Check[] => parts.map(checkPart);

function checkPart({ name, state, since, restarts, note, last_error }: PartStatus): Check {
  const check = `part:${name}`;
  const at = new Date(since).toISOString();
  const history = restarts === 0 ? '' : `; started again ${restarts} times, last after: ${last_error}`;
  switch (state) {
    case 'ok':
      return ok(check, `works since ${at}${history}`);
    case 'starting':
      return warn(check, `starts since ${at}${history}`, 'Ask again in a moment.');
    case 'degraded':
      return warn(check, `${note} (since ${at})${history}`, 'See `zd logs`.');
    case 'backing_off':
      return fail(check, `broken since ${at}: ${last_error}`, 'zd starts it again in a moment; see `zd logs`.');
    case 'failed':
      return fail(check, `broken since ${at} and after ${restarts} starts: ${last_error}`, 'Remove the cause; zd tries again within half a minute.');
    case 'stopped':
      return fail(check, `stopped since ${at}`, 'zd restart');
  }
}
