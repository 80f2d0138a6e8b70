import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
let html: string;
let headers: Headers;

beforeAll(async () => {
  daemon = await startDaemon();
  const response = await daemon.tcp('/openapi', { headers: { accept: 'text/html,application/xhtml+xml,application/json;q=0.9' } });
  html = await response.text();
  headers = response.headers;
});

/** Every address the page names: in attributes and in the options of its script. */
const addresses = (page: string): string[] => [
  ...Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), (match) => match[1]!),
  ...Array.from(page.matchAll(/"url":"([^"]*)"/g), (match) => match[1]!),
];

const TYPES: Record<string, RegExp> = { js: /^text\/javascript/, css: /^text\/css/, png: /^image\/png/, json: /^application\/json/ };

test('the page is HTML, open without a token, also under a trailing slash', async () => {
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await (await daemon.tcp('/openapi/')).text()).toBe(html);
  expect(await (await daemon.fetch('/openapi')).text()).toBe(html);
});

test('everything the page asks for is on this daemon and answers with the right type', async () => {
  const found = addresses(html);
  expect(found.some((each) => each.endsWith('.js')) && found.some((each) => each.endsWith('.css')) && found.includes('/openapi.json')).toBe(true);
  expect(html).not.toMatch(/https?:|["'(]\/\//);
  for (const address of found) {
    expect(address).toMatch(/^\/openapi[./]/);
    const response = await daemon.tcp(address);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(TYPES[address.split('.').at(-1)!]!);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await response.bytes()).length).toBeGreaterThan(100);
  }
});

test('the stylesheet loads nothing from elsewhere', async () => {
  const css = await (await daemon.tcp('/openapi/assets/swagger-ui.css')).text();
  for (const [, target] of css.matchAll(/url\(["']?([^"')]{0,40})/g)) expect(target).toStartWith('data:');
  expect(css).not.toContain('@import');
});

test('the policy allows this origin alone, and the inline code by its hash', () => {
  const policy = new Map(
    headers
      .get('content-security-policy')!
      .split('; ')
      .map((part) => [part.split(' ')[0]!, part.split(' ').slice(1)]),
  );
  expect(policy.get('default-src')).toEqual(["'none'"]);
  expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
  expect(policy.get('connect-src')).toEqual(["'self'"]);
  const inline = (element: string) =>
    Array.from(
      html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g')),
      (match) => `'sha256-${new Bun.CryptoHasher('sha256').update(match[1]!).digest('base64')}'`,
    );
  expect(policy.get('script-src')).toEqual(["'self'", ...inline('script')]);
  expect(policy.get('style-src')).toEqual(["'self'", ...inline('style')]);
  expect(headers.get('content-security-policy')).not.toContain('unsafe');
  expect(headers.get('x-frame-options')).toBe('DENY');
});

test('assets are asked for once: the tag of the copy a browser has gets 304 and no body', async () => {
  const first = await daemon.tcp('/openapi/assets/swagger-ui-bundle.js');
  const again = await daemon.tcp('/openapi/assets/swagger-ui-bundle.js', { headers: { 'if-none-match': `"other", W/${first.headers.get('etag')}` } });
  expect(again.status).toBe(304);
  expect((await again.bytes()).length).toBe(0);
});

test.each(['nothing.js', '..%2f..%2fpackage.json', '%2e%2e/zd.db', 'swagger-ui.css.map'])(
  'an asset that does not exist is a 404 with a code: %s',
  async (name) => {
    const response = await daemon.tcp(`/openapi/assets/${name}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ ok: false, code: 'not_found' });
  },
);

test('the plugin brings no second document', async () => {
  for (const path of ['/swagger', '/swagger/json', '/openapi/swagger']) expect((await daemon.fetch(path)).status).toBe(404);
});
