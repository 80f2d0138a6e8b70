/** In the order in which they are advertised. */
const FAMILIES = ['runtime.status', 'runtime.approval_required', 'runtime.checkpoint', 'runtime.memory_compaction'] as const;
export type Family = (typeof FAMILIES)[number];

type Result = Readonly<Record<string, unknown>>;

export interface RuntimeRoute {
  readonly tool: string;
  readonly command: string;
  readonly family: Family;
  readonly kind: string;
  readonly operation: string;
  /** Whether a result is told of; every one without it. */
  readonly when?: (result: Result) => boolean;
}

const same = (tool: string, command: string, family: Family, kind: string, when?: RuntimeRoute['when']): RuntimeRoute => ({
  tool,
  command,
  family,
  kind,
  operation: kind,
  when,
});

/** Which commands are told of as runtime events; of anything else none is. Names are case-sensitive. */
export const ROUTES: readonly RuntimeRoute[] = [
  same('ccd_session_lifecycle', 'start-session', 'runtime.status', 'start_session'),
  same('ccd_session_lifecycle', 'heartbeat-session', 'runtime.status', 'heartbeat_session'),
  same('ccd_session_lifecycle', 'clear-session', 'runtime.status', 'clear_session'),
  same('ccd_session_lifecycle', 'takeover-session', 'runtime.status', 'takeover_session'),
  same('ccd_context', 'context-check', 'runtime.status', 'evaluate_context_refresh'),
  same('ccd_state', 'checkpoint', 'runtime.checkpoint', 'evaluate_checkpoint'),
  same('ccd_state', 'handover', 'runtime.checkpoint', 'evaluate_closeout'),
  same('ccd_state', 'policy-check', 'runtime.approval_required', 'policy_check', ({ decision }) => {
    // A check that decided nothing is a fault, and must not look like a question to the user.
    if (typeof decision !== 'string') throw new Error('a policy check answered without a decision');
    return decision !== 'allow';
  }),
  same(
    'ccd_memory',
    'memory-compact',
    'runtime.memory_compaction',
    'compact_memory',
    (result) => 'write_result' in result && (result.staged_write as { outcome?: unknown } | undefined)?.outcome !== 'idempotent_noop',
  ),
];

/** Exactly those something is routed to. */
export const ADVERTISED: readonly Family[] = FAMILIES.filter((family) => ROUTES.some((route) => route.family === family));

export const routeFor = (tool: string, command: string): RuntimeRoute | undefined =>
  ROUTES.find((route) => route.tool === tool && route.command === command);

/** What a command is called in the metadata of its replies and events. */
export const operationOf = (tool: string, command: string): string => routeFor(tool, command)?.operation ?? command.replaceAll('-', '_');
