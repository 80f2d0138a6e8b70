import { readRecord } from '../client/address';
import { Client } from '../client/client';
import type { Paths } from '../daemon/paths';
import { ZdError } from '../kernel/error';
import type { ServiceState } from './manager';

const ANSWER_MS = 30_000;
const POLL_MS = 10;
/** How often the manager is asked meanwhile; each time is a process. */
const ASK_MS = 250;

/** The manager's words for a daemon that has ended and will not be started again by itself. */
const ENDED = ['failed', 'inactive', 'not running', 'not loaded'];

/** The pid of the daemon that answers for a home, or null. */
export type Answering = (paths: Paths) => Promise<number | null>;

export const answering: Answering = async (paths) => {
  const record = readRecord(paths);
  if (record === null) return null;
  const client = new Client({ kind: 'unix', socket: record.socket });
  return client.json('/health', { timeoutMs: 2000 }).then(
    () => record.pid,
    () => null,
  );
};

/** Resolves once the service's own daemon answers; throws `service_failed` as soon as the manager has given it up, or after 30 s. */
export async function untilAnswers(paths: Paths, ask: () => Promise<ServiceState>, answers: Answering): Promise<ServiceState> {
  const until = performance.now() + ANSWER_MS;
  for (;;) {
    const state = await ask();
    const late = performance.now() > until;
    if (late || ENDED.includes(state.state ?? '')) {
      throw new ZdError('service_failed', `${state.unit} ${late ? 'was started, but its daemon does not answer' : 'ended right after its start'}.`, {
        hint: `\`zd config check\`, ${state.log}${state.manager === 'systemd' ? ` and \`journalctl --user -u ${state.unit} -n 20\`` : ''} say why.`,
      });
    }
    for (const next = performance.now() + ASK_MS; performance.now() < next; await Bun.sleep(POLL_MS)) {
      if (state.pid !== null && (await answers(paths)) === state.pid) return state;
    }
  }
}
