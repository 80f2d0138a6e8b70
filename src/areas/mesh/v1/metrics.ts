import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { metricsText } from '../metrics_text';
import { V1 } from './answer';

export const v1Metrics = defineRoute({
  ...V1,
  name: 'v1_metrics',
  summary: 'Figures of the meshes in the Prometheus text format.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/metrics',
  input: strict({}),
  replies: [{ status: 200, description: 'One sample per line.', type: 'text/plain' }],
  errors: [],
  example: {},
  handle: ({ mesh }) =>
    new Response(metricsText(mesh), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' } }),
});
