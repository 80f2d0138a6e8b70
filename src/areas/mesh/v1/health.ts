import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { version } from '../../../version';
import { answer, reply, V1 } from './answer';

export const v1Health = defineRoute({
  ...V1,
  name: 'v1_health',
  summary: 'Whether the daemon and the links to its brokers are up.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/health',
  input: strict({}),
  replies: [reply('`ok` is true as long as the daemon answers; `brokers` has the state of each link.')],
  errors: [],
  example: {},
  handle: ({ mesh }) => {
    const all = mesh.meshes.all();
    const counts = mesh.rows.counts();
    return answer({
      ok: true,
      pid: process.pid,
      brokers: Object.fromEntries(all.map(({ joined, link }) => [joined.slug, link.state])),
      reasons: Object.fromEntries(all.filter(({ link }) => link.state !== 'open').map((each) => [each.joined.slug, each.fault()])),
      connected: all.length > 0 && all.every(({ link }) => link.state === 'open'),
      queue_depth: counts.pending,
      inflight: counts.inflight,
      uptime_s: Math.floor(process.uptime()),
      schema_version: 1,
      daemon_version: version,
      host: mesh.meshes.refused ? 'mismatch' : 'ok',
    });
  },
});
