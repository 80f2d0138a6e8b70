import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { linkEntry } from './link_entry';
import './service';

export const meshStatus = defineOp({
  name: 'mesh_status',
  summary: 'Show the joined meshes, whether their brokers are connected, and what waits.',
  scope: 'mesh.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    meshes: t.Array(
      strict({
        mesh: t.String(),
        mesh_id: t.String(),
        state: t.String({ description: 'connecting, open, reconnecting, closed, or host_mismatch.' }),
        reason: nullable(t.String()),
        broker: t.String(),
        name: t.String(),
        pubkey: t.String(),
        connected_since_ns: nullable(Nanos),
        pending: t.Integer(),
        inflight: t.Integer(),
        dead: t.Integer(),
      }),
    ),
    unread: t.Integer(),
    host_accepted: t.Boolean({ description: 'False: the keys are a copy from another machine and are not used; see `zd mesh accept-host`.' }),
  }),
  errors: [],
  cli: {
    path: ['mesh', 'status'],
    table: { rows: 'meshes', columns: ['mesh', 'state', 'broker', 'name', 'pubkey', 'pending', 'dead', 'reason'] },
  },
  example: {},
  handle: ({ mesh: service }) => ({
    meshes: service.meshes.list().map((joined) => {
      const { pending, inflight, dead } = service.rows.open(joined.slug);
      const { state, reason, openSince } = linkEntry(service, joined.slug);
      return {
        ...{ mesh: joined.slug, mesh_id: joined.meshId, state, reason, broker: joined.brokerUrl, name: joined.displayName, pubkey: joined.publicKey },
        connected_since_ns: openSince === null ? null : nanos(openSince),
        ...{ pending, inflight, dead },
      };
    }),
    unread: service.inbox.counts().unread,
    host_accepted: !service.meshes.refused,
  }),
});
