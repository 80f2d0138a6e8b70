import type { EventService } from '../../kernel/context';
import type { Logger } from '../../kernel/log';
import type { ToolWatcher } from '../../kernel/tool';
import { commandOf } from './policy_model';

/** The source, and the kind, of what reports on agents at work. */
const OBSERVABILITY = 'observability';

/** Every tool call as events: `tool_call_start` when it begins, `tool_call` with its duration when it has ended, well or not. */
export const observeTools =
  (events: EventService, log: Logger): ToolWatcher =>
  ({ tool, args, requestId }) => {
    const command = commandOf(args);
    const about = { tool: tool.slice(0, 100), ...(command === null ? {} : { command: command.slice(0, 100) }), tool_call_id: requestId };
    const tell = (topic: string, more: Readonly<Record<string, unknown>>) => {
      const data = { ...about, ...more };
      // What it tells of has happened either way; a log that cannot be written is told by its own part.
      events
        .publish({ kind: OBSERVABILITY, scope: OBSERVABILITY, topic, source: OBSERVABILITY, data })
        .catch((error: unknown) => log.debug('a tool call was not told of', { tool, error }));
    };
    tell('tool_call_start', {});
    return (outcome, millis) => {
      const failure = 'error' in outcome ? { error_code: outcome.error.code } : {};
      tell('tool_call', { duration_ms: Math.round(millis), success: 'result' in outcome, ...failure });
    };
  };
