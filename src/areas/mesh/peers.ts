import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import { peersOf } from './peer_list';
import { MeshSlug } from './schema';
import './service';

export const meshPeers = defineOp({
  name: 'mesh_peers',
  summary: 'List who is in the meshes now, as their brokers say.',
  scope: 'mesh.read',
  effect: 'read',
  input: strict({ mesh: t.Optional(MeshSlug) }),
  output: strict({
    peers: t.Array(
      strict({
        mesh: t.String(),
        name: nullable(t.String()),
        pubkey: t.String(),
        member_pubkey: nullable(t.String()),
        role: nullable(t.String({ description: 'control-plane (a daemon), session or service.' })),
        status: nullable(t.String()),
        summary: nullable(t.String()),
        hostname: nullable(t.String()),
        groups: t.Array(t.Unknown()),
        connected_at: nullable(t.String()),
      }),
    ),
    unreachable: t.Array(t.String(), { description: 'Meshes whose brokers did not answer.' }),
  }),
  errors: ['mesh_not_attached'],
  cli: { path: ['mesh', 'peers'], table: { rows: 'peers', columns: ['mesh', 'name', 'status', 'role', 'pubkey', 'summary'] } },
  example: { mesh: EXAMPLE_MESH },
  exampleSetup: [JOINED],
  handle: async ({ mesh: service }, { mesh }) => {
    const { peers, unreachable } = await peersOf(service, mesh ?? null);
    return {
      peers: peers.map((peer) => ({
        mesh: peer.mesh,
        name: peer.displayName ?? null,
        pubkey: peer.pubkey,
        member_pubkey: peer.memberPubkey ?? null,
        role: peer.peerRole ?? null,
        status: peer.status ?? null,
        summary: peer.summary ?? null,
        hostname: peer.hostname ?? null,
        groups: peer.groups ?? [],
        connected_at: peer.connectedAt ?? null,
      })),
      unreachable,
    };
  },
});
