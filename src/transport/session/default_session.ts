import { ZdError } from '../../kernel/error';
import type { Viewer } from './viewer';

/** The session of clients that name none. */
export const DEFAULT_SESSION = 'default';

/** Its id: it is begun, with the only configured agent, when somebody wants it. Throws `no_such_agent`, `scope_denied`. */
export async function defaultSession(viewer: Pick<Viewer, 'sessions' | 'call'>): Promise<string> {
  if (viewer.sessions.find(DEFAULT_SESSION) === DEFAULT_SESSION) return DEFAULT_SESSION;
  try {
    await viewer.call('session_new', { id: DEFAULT_SESSION, title: DEFAULT_SESSION });
  } catch (error) {
    // Somebody else wanted it in the same moment.
    if (!(error instanceof ZdError) || error.code !== 'conflict') throw error;
  }
  return DEFAULT_SESSION;
}
