import type { EventService, Services } from '../../kernel/context';

/** Stores an event of a shell and queues it to the connections of all others; how many took it. */
export async function announce(
  { shells, events }: Pick<Services, 'shells'> & { readonly events: EventService },
  topic: string,
  from: number,
  data: object,
): Promise<number> {
  const also = shells.find(from)?.tags.map((tag) => `tag:${tag}`);
  await events.publish({
    kind: 'shell',
    scope: from === 0 ? 'http' : `shell:${from}`,
    also,
    topic,
    source: from === 0 ? 'http' : `shell:${from}`,
    data,
  });
  return shells.broadcast(topic, data, from);
}
