import type { EventDraft } from '../../kernel/context';

/** What a mesh tells of, and the `event:` names of `/v1/events`. */
export const MESH_EVENTS = [
  'message',
  'peer_join',
  'peer_leave',
  'broker_status',
  'system',
  'outbox',
  'receipt',
  'state_change',
  'outbox_pressure_high',
] as const;
export type MeshEvent = (typeof MESH_EVENTS)[number];

export const MESH_KIND = 'mesh';

/** Bodies are in none of them: they stand in the inbox, and are read from there. */
export const meshEvent = (topic: MeshEvent, data: Record<string, unknown> & { mesh: string | null }): EventDraft => ({
  kind: MESH_KIND,
  scope: 'mesh',
  topic,
  source: 'mesh',
  data,
});
