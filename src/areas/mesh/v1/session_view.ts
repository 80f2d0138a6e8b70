import type { Session } from '../sessions';

/** What is told of a session: nothing of its secrets. */
export const sessionView = ({ sessionId, mesh, displayName, process, cwd, role, groups, pubkey, registeredAt, tokenHash }: Session) => ({
  ...{ sessionId, mesh, displayName, pid: process.pid, cwd, role, groups, pubkey, registeredAt, startTime: process.start },
  token_prefix: tokenHash.slice(0, 8),
});
