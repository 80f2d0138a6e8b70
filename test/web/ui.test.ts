import { beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';

const FOLDER = resolve(import.meta.dir, '../../src/web/ui');
const FILES = readdirSync(FOLDER).filter((name) => name !== 'index.html');
const TYPES: Record<string, string> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

test('the page is open, on both listeners and under a trailing slash, and takes only reading', async () => {
  const response = await daemon.tcp('/ui');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const html = await response.text();
  expect(html).toBe(readFileSync(join(FOLDER, 'index.html'), 'utf8'));
  expect(await (await daemon.tcp('/ui/')).text()).toBe(html);
  expect(await (await daemon.fetch('/ui')).text()).toBe(html);
  expect((await daemon.tcp('/ui', { method: 'HEAD' })).status).toBe(200);
  expect((await daemon.tcp('/ui', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).status).toBe(405);
});

test('the policy allows this origin alone, no inline code, and no text to become markup', async () => {
  const { headers } = await daemon.tcp('/ui');
  const policy = Object.fromEntries(
    headers
      .get('content-security-policy')!
      .split('; ')
      .map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]),
  );
  expect(policy).toEqual({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

test('every file of the page is served with its type, and is what lies in the source', async () => {
  for (const name of FILES) {
    const response = await daemon.tcp(`/ui/${name}`);
    expect([name, response.status, response.headers.get('content-type')]).toEqual([name, 200, TYPES[name.split('.')[1]!]!]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(readFileSync(join(FOLDER, name), 'utf8'));
  }
});

test('everything together is under 60 KB on the wire', async () => {
  let sum = 0;
  for (const path of ['/ui', ...FILES.map((name) => `/ui/${name}`)]) {
    const response = await daemon.tcp(path, { headers: { 'accept-encoding': 'gzip' }, decompress: false } as RequestInit);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    sum += (await response.bytes()).length;
  }
  expect(sum).toBeGreaterThan(10_000);
  expect(sum).toBeLessThan(60_000);
});

test('a browser that has a copy gets 304 and no body; another tag gets the file', async () => {
  const etag = (await daemon.tcp('/ui/app.js')).headers.get('etag')!;
  const again = await daemon.tcp('/ui/app.js', { headers: { 'if-none-match': `"other", ${etag}` } });
  expect([again.status, (await again.bytes()).length]).toEqual([304, 0]);
  expect((await daemon.tcp('/ui/app.js', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  expect((await daemon.tcp('/ui/style.css')).headers.get('etag')).not.toBe(etag);
});

test.each(['nothing.js', 'index.html', '..%2f..%2fpackage.json', '%2e%2e%2fzd.db', 'a/b.js'])(
  'a file that is not of the page is a 404: %s',
  async (name) => {
    const response = await daemon.tcp(`/ui/${name}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'not_found']);
  },
);

test('the files name no other machine and never make markup out of text', () => {
  for (const name of [...FILES, 'index.html']) {
    const text = readFileSync(join(FOLDER, name), 'utf8').replaceAll('http://www.w3.org/2000/svg', '');
    expect([name, /https?:|["'(]\/\/\w|@import|url\(/.exec(text)?.[0]]).toEqual([name, undefined]);
    expect([name, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|\beval\(|new Function| style=/.exec(text)?.[0]]).toEqual([
      name,
      undefined,
    ]);
  }
});

test('`zd ui` prints the address, and never the token', async () => {
  const ran = await daemon.zd('ui');
  expect([ran.code, ran.stdout]).toEqual([0, `${daemon.url}/ui\n`]);
  expect(ran.stderr).toContain(join(daemon.home, 'token'));
  expect(ran.stdout + ran.stderr).not.toContain(daemon.token);
  expect(JSON.parse((await daemon.zd('ui', '--json')).stdout)).toEqual({ ok: true, ui: `${daemon.url}/ui`, token_file: join(daemon.home, 'token') });
  expect((await daemon.zd('ui', '--token')).stdout).toBe(`${join(daemon.home, 'token')}\n`);
});
