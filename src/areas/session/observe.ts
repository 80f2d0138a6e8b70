import type { EventDraft, EventService } from '../../kernel/context';
import type { Logger } from '../../kernel/log';

type Fact = 'created' | 'turn_started' | 'turn_ended' | 'approval_required' | 'approval_resolved' | 'renamed' | 'cleared' | 'closed' | 'removed';

/** What the event log hears of a session: only those who follow it or name it. */
export const privateFact = (session: string, fact: Fact, data: Readonly<Record<string, unknown>>): EventDraft => ({
  kind: 'session',
  scope: `session:${session}`,
  topic: `session.${fact}`,
  source: 'session',
  session,
  data,
});

type Observation = 'llm_request' | 'tool_call_start' | 'tool_call' | 'agent_start' | 'agent_end' | 'error';

/** What anybody may see of an agent at work: that it works, never what is said. */
export const observation = (topic: Observation, data: Readonly<Record<string, unknown>>): EventDraft => ({
  kind: 'observability',
  scope: 'agent',
  topic,
  source: 'observability',
  visibility: 'public',
  data,
});

/** Publishes without anybody waiting for it: a turn does not fail because it could not be watched. */
export function observe(events: Pick<EventService, 'publish'>, log: Logger, draft: EventDraft): void {
  events.publish(draft).catch((error: unknown) => log.debug('session: an observation is not in the event log', { topic: draft.topic, error }));
}
