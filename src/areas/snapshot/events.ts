import type { EventDraft } from '../../kernel/context';

/** The events of this area, by topic. That a load changed the catalogue is told by the definitions too. */
export const snapshotEvent = (
  what: 'saved' | 'loaded' | 'deleted' | 'signed' | 'published' | 'pulled',
  data: Readonly<Record<string, unknown>>,
): EventDraft => ({
  kind: 'snapshot',
  scope: 'snapshot',
  topic: `snapshot.${what}`,
  source: 'snapshot',
  data,
});
