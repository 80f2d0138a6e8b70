import favicon16 from 'swagger-ui-dist/favicon-16x16.png' with { type: 'file' };
import favicon32 from 'swagger-ui-dist/favicon-32x32.png' with { type: 'file' };
import { version } from 'swagger-ui-dist/package.json';
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };
import stylesheet from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import { holds } from './conditional';

/** Swagger UI as it lies in the executable, by the name it is served under. Only paths: nothing is read before it is asked for. */
const ASSETS: ReadonlyMap<string, { readonly path: string; readonly type: string }> = new Map([
  ['swagger-ui-bundle.js', { path: bundle, type: 'text/javascript; charset=utf-8' }],
  ['swagger-ui.css', { path: stylesheet, type: 'text/css; charset=utf-8' }],
  ['favicon-16x16.png', { path: favicon16, type: 'image/png' }],
  ['favicon-32x32.png', { path: favicon32, type: 'image/png' }],
]);

/** The files change only with the pinned release of Swagger UI, so its version tells two of them apart. */
const ETAG = `"swagger-ui-${version}"`;

/** One asset, or null when there is none of that name. Browsers keep it and ask with `If-None-Match` whether it still holds. */
export function asset(name: string, ifNoneMatch: string | null): Response | null {
  const found = ASSETS.get(name);
  if (!found) return null;
  const headers = {
    etag: ETAG,
    'cache-control': 'no-cache',
    'content-type': found.type,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  };
  if (holds(ifNoneMatch, ETAG)) return new Response(null, { status: 304, headers });
  return new Response(Bun.file(found.path), { headers });
}
