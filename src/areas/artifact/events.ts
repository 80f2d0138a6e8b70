import type { EventDraft } from '../../kernel/context';

/** The events of this area, by topic: `artifact.put`, `artifact.deleted`, `artifact.collected` and `artifact.corrupt`. */
export const artifactEvent = (what: 'put' | 'deleted' | 'collected' | 'corrupt', data: Readonly<Record<string, unknown>>): EventDraft => ({
  kind: 'artifact',
  scope: 'artifact',
  topic: `artifact.${what}`,
  source: 'artifact',
  data,
});
