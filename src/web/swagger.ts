import { Elysia } from 'elysia';
import { ZdError } from '../kernel/error';
import { asset } from './assets';

export interface SwaggerPagesOptions {
  /** The OpenAPI document as it is true now; asked for at each request and never kept. */
  readonly document: () => object;
}

const ASSETS = '/openapi/assets';
const DOCUMENT = '/openapi.json';

/**
 * Swagger UI at `/openapi`, the document at `/openapi.json` and `/openapi/json`, and the files the page needs. Everything
 * comes from this process: the page works without a network, and its policy lets it load from nowhere else.
 */
export const swaggerPages = ({ document }: SwaggerPagesOptions) => {
  const serveDocument = ({ request }: { request: Request }) => documentResponse(document(), request);
  const servePage = ({ request }: { request: Request }) => (wantsJson(request) ? documentResponse(document(), request) : pageResponse());
  return new Elysia({ name: 'zd-swagger-pages' })
    .get('/openapi', servePage)
    .get('/openapi/', servePage)
    .get(DOCUMENT, serveDocument)
    .get('/openapi/json', serveDocument)
    .get(`${ASSETS}/:name`, ({ params, request }) => serveAsset(params.name, request));
};

function serveAsset(name: string, request: Request): Response {
  const found = asset(name, request.headers.get('if-none-match'));
  if (!found) throw new ZdError('not_found');
  return found;
}

/** Clients of the reference fetch the document from `/openapi`; browsers, which always accept HTML, get the page. */
function wantsJson(request: Request): boolean {
  const accept = request.headers.get('accept') ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

function documentResponse(document: object, request: Request): Response {
  const text = JSON.stringify(document);
  const etag = `"${Bun.hash(text).toString(36)}"`;
  const headers = { etag, vary: 'Accept', 'cache-control': 'no-cache', 'content-type': 'application/json', 'x-content-type-options': 'nosniff' };
  return request.headers.get('if-none-match') === etag ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
}

interface Page {
  readonly html: string;
  readonly policy: string;
}

let page: Promise<Page> | undefined;

async function pageResponse(): Promise<Response> {
  const { html, policy } = await (page ??= renderPage());
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-cache',
      vary: 'Accept',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    },
  });
}

/**
 * The page of `@elysiajs/swagger`, made local. The plugin runs in an application of its own, from which only the page is
 * taken: its document would be a second one, and an untrue one. It can be told where the stylesheet lies but not the script.
 */
async function renderPage(): Promise<Page> {
  const { swagger } = await import('@elysiajs/swagger');
  const plugin = swagger({
    provider: 'swagger-ui',
    path: '/openapi',
    theme: `${ASSETS}/swagger-ui.css`,
    documentation: { info: { title: 'zd', description: 'The operations of zd', version: '' } },
    swaggerOptions: {
      url: DOCUMENT,
      // Swagger UI would otherwise show a badge that asks validator.swagger.io.
      validatorUrl: null,
      deepLinking: true,
      filter: true,
      showExtensions: true,
      displayRequestDuration: true,
      persistAuthorization: false,
      defaultModelsExpandDepth: 0,
    } as object,
  });
  const original = await (await plugin.handle(new Request('http://localhost/openapi'))).text();
  const html = original
    .replace(/<script src="[^"]*" crossorigin>/, `<script src="${ASSETS}/swagger-ui-bundle.js">`)
    .replace(
      '</head>',
      `    <link rel="icon" type="image/png" sizes="32x32" href="${ASSETS}/favicon-32x32.png" />\n    <link rel="icon" type="image/png" sizes="16x16" href="${ASSETS}/favicon-16x16.png" />\n</head>`,
    );
  return { html, policy: policyFor(html) };
}

/** Inline code is allowed by its hash alone, so nothing injected into the page or the document can run. */
function policyFor(html: string): string {
  const hashes = (element: string) =>
    Array.from(html.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g')), (match) => ` 'sha256-${sha256(match[1]!)}'`).join('');
  return [
    "default-src 'none'",
    `script-src 'self'${hashes('script')}`,
    `style-src 'self'${hashes('style')}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const sha256 = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('base64');
