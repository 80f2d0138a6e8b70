import { EventLog } from '../../areas/event/log';
import { Subscribers } from '../../areas/event/subscribers';
import type { Services } from '../../kernel/context';
import type { Ground } from '../ground';

/** The log every other area writes to; so it comes before them. */
export function composeEvents({ stack, zdDb, clock, log, config, parts, onStop }: Omit<Ground, 'events'>): EventLog {
  const limits = () => ({
    queue_events: config.value('limits.queue_events'),
    queue_bytes: config.value('limits.queue_bytes'),
    max_count: config.value('events.max_count'),
    max_age_secs: config.value('events.max_age_secs'),
    max_bytes: config.value('events.max_bytes'),
    kinds: config.value('events.kinds'),
    max_retained: config.value('events.max_retained'),
    max_cursors: config.value('events.max_cursors'),
    dedup_secs: config.value('events.dedup_secs'),
    authenticated: !config.value('http.open'),
  });
  const events = stack.adopt(new EventLog(zdDb, clock, log, limits), (each) => each.stop());
  parts.add(events.part);
  onStop(() => events.stop());
  return events;
}

/** What streams and outside services need beside the log. */
export const composeDoors = ({ config }: Ground): Pick<Services, 'subscribers' | 'webhooks'> => ({
  subscribers: new Subscribers(() => config.value('limits.subscriptions')),
  webhooks: {
    channel: (name) => config.value('webhook').find((channel) => channel.name === name),
    maxDepth: () => config.value('limits.max_depth'),
  },
});
