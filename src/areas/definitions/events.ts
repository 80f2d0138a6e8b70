import type { EventDraft } from '../../kernel/context';

/** `/stream/definitions` is the view of this kind. */
const KIND = 'defs';

/** The events of this area by topic: a bundle, single records, and everything else that changes what is kept. */
export const definitionEvent = (
  topic: 'recorder_ingested' | 'definitions_emitted' | 'canonical_changed',
  data: Readonly<Record<string, unknown>>,
): EventDraft => ({ kind: KIND, scope: 'definitions', topic, source: 'definitions', data });
