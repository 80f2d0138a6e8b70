import { Elysia } from 'elysia';
import { ZdError } from '../kernel/error';
import { holds } from './conditional';
import { UI_FILES, UI_PAGE } from './ui_files';

/** Nothing but what this process serves, no inline code, and no way to turn a text into markup or code. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

interface Held {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** What was asked for once. The files are small and never change while the process lives. */
const held = new Map<string, Promise<Held>>();

/** The page at `/ui`, which shows what the daemon does, and the files it needs. Nothing of the user's is in them: the page asks for that with the token. */
export const uiPages = () => {
  const page = ({ request }: { request: Request }) => serve('index.html', UI_PAGE, request);
  return new Elysia({ name: 'zd-ui-pages' })
    .get('/ui', page)
    .get('/ui/', page)
    .get('/ui/:name', ({ params: { name }, request }) => {
      const path = UI_FILES.get(name);
      if (path === undefined) throw new ZdError('not_found');
      return serve(name, path, request);
    });
};

async function serve(name: string, path: string, request: Request): Promise<Response> {
  let reading = held.get(name);
  if (!reading) held.set(name, (reading = read(path)));
  const { bytes, gzip, etag } = await reading;
  const packed = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
  const headers = {
    // Each coding is a representation of its own (RFC 9110 §8.8.3.3); a weak tag stands for both.
    etag: `W/${etag}`,
    vary: 'Accept-Encoding',
    'cache-control': 'no-cache',
    'content-type': TYPES[name.slice(name.lastIndexOf('.') + 1)]!,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    ...(packed ? { 'content-encoding': 'gzip' } : {}),
  };
  if (holds(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  return new Response(packed ? gzip : bytes, { headers });
}

async function read(path: string): Promise<Held> {
  const bytes = await Bun.file(path).bytes();
  return { bytes, gzip: Bun.gzipSync(bytes), etag: `"${Bun.hash(bytes).toString(36)}"` };
}
