import { EXIT } from '../kernel/code_info';
import { CODES, isCode } from '../kernel/codes';

/** A call that failed: what the daemon answered, or why it could not be asked. */
export class ClientError extends Error {
  constructor(
    /** A code of the daemon, or `not_running`, `connection_lost`, `interrupted`, `bad_reply`. */
    readonly code: string,
    /** What happened, as one sentence. */
    readonly msg: string,
    /** What to do next; empty when there is nothing to say. */
    readonly hint: string,
    /** The process's exit code. */
    readonly exit: number,
    /** The daemon's reply as it came; null when there was none. */
    readonly body: string | null = null,
  ) {
    super(msg);
    this.name = 'ClientError';
  }
}

/** The failure a daemon answered, from the reply's text and status. */
export function fromReply(status: number, text: string): ClientError {
  const body = parseObject(text);
  const code = typeof body?.code === 'string' ? body.code : `http_${status}`;
  const msg = typeof body?.msg === 'string' ? body.msg : `the daemon answered with HTTP status ${status}`;
  const hint = typeof body?.hint === 'string' ? body.hint : isCode(code) ? CODES[code].remedy : '';
  return new ClientError(code, msg, hint, isCode(code) ? CODES[code].exit : exitOf(status), body ? text : null);
}

/** For codes this version does not know: a newer daemon, or something else that speaks HTTP. */
const exitOf = (status: number): number =>
  status === 401 || status === 403
    ? EXIT.refused
    : status === 404
      ? EXIT.missing
      : status === 408
        ? EXIT.timeout
        : status === 409 || status === 429
          ? EXIT.conflict
          : status < 500
            ? EXIT.usage
            : EXIT.failure;

export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
