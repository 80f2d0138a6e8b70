import { CODES } from '../../kernel/codes';
import { ZdError } from '../../kernel/error';
import { strict, t, type Static } from '../../kernel/schema';

export const SCHEMA_VERSION = 1;

const Id = t.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });
export const SessionId = { ...Id, description: 'The session of work this belongs to.' };
export const Profile = { ...Id, description: 'Whose work it is: sessions and memory are kept by profile. `unknown` by default.' };

/** How a caller names its request, so that replies and events can be matched with it. */
export const RuntimeRequest = strict(
  {
    request_id: t.Optional(Id),
    trace_id: t.Optional(Id),
    session_id: t.Optional(Id),
    schema_version: t.Optional(t.Literal(SCHEMA_VERSION)),
  },
  { description: 'Names the request in its reply and its event.' },
);

/** `{after: {ms}}`: the same call may succeed after that time. */
const Retry = t.Union([t.Literal('never'), t.Literal('safe'), t.Literal('conflict'), strict({ after: strict({ ms: t.Integer({ minimum: 0 }) }) })]);
type Retry = Static<typeof Retry>;

/** The metadata on every reply and every event of a runtime call. */
export const Block = strict({
  request_id: t.String(),
  trace_id: t.Optional(t.String()),
  operation: t.String(),
  tool: t.String(),
  command: t.String(),
  session_id: t.Optional(t.String()),
  status: t.Union([t.Literal('ok'), t.Literal('error'), t.Literal('denied')]),
  retry: Retry,
  duration_ms: t.Integer({ minimum: 0 }),
  schema_version: t.Literal(SCHEMA_VERSION),
});
export type Block = Static<typeof Block>;

/** What may be called again with the same arguments and comes to the same. What is not here has done something that a second call would meet. */
const REPEATABLE = new Set([
  ...['start_session', 'heartbeat_session', 'clear_session', 'evaluate_context_refresh', 'evaluate_checkpoint'],
  ...['policy_check', 'compact_memory', 'export', 'radar'],
]);

export const retryOf = (operation: string): Retry => (REPEATABLE.has(operation) ? 'safe' : 'conflict');

const RETRY_AFTER_MS = 1000;
const DENIED = new Set(['policy_denied', 'scope_denied', 'tool_not_allowed']);

/** How a call that failed is to be taken. */
export function failureOf({ code }: ZdError): Pick<Block, 'status' | 'retry'> {
  const { retryable, status } = CODES[code];
  return {
    status: DENIED.has(code) ? 'denied' : 'error',
    retry: retryable ? { after: { ms: RETRY_AFTER_MS } } : status === 409 ? 'conflict' : 'never',
  };
}
