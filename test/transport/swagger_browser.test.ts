import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';
import { until } from '../helper/until';
import { CHROMIUM, Page } from './swagger_chromium';

if (!CHROMIUM) console.warn('swagger_browser: skipped, no Chromium on this machine');

test.skipIf(!CHROMIUM)(
  'the page lists every operation, and Authorize and Execute work, with nothing asked of another machine',
  async () => {
    const daemon = await startDaemon();
    const { ops } = (await (await daemon.fetch('/ops')).json()) as { ops: string[] };
    const page = await Page.open(`${daemon.url}/openapi`);
    try {
      const shown = () => page.evaluate<string[]>(`Array.from(document.querySelectorAll('.opblock-summary-path'), (each) => each.dataset.path)`);
      await until('the operations are rendered', async () => (await shown()).length > ops.length);
      expect(await shown()).toContainValues(ops.map((op) => `/op/${op}`));
      expect(await shown()).toContainValues(['/stream/events', '/health', '/metrics']);

      const status = () =>
        page.evaluate<string | undefined>(
          `document.querySelector('#operations-cache-cache_put .live-responses-table tbody .response-col_status')?.textContent`,
        );
      await page.click('#operations-cache-cache_put .opblock-summary-control');
      await page.click('#operations-cache-cache_put .try-out__btn');
      await page.click('#operations-cache-cache_put .execute');
      await until('the refusal without a token', async () => (await status())?.startsWith('401'));

      await page.click('.btn.authorize');
      await page.type('.auth-container input', daemon.token);
      await page.click('.auth-btn-wrapper .authorize');
      await page.click('.auth-btn-wrapper .btn-done');
      await page.click('#operations-cache-cache_put .execute');
      await until('the reply with the token', async () => (await status())?.startsWith('200'));

      const example = await page.evaluate<{ ns: string; key: string }>(
        `fetch('/openapi.json').then((reply) => reply.json()).then((doc) => doc.paths['/op/cache_put'].post.requestBody.content['application/json'].example)`,
      );
      expect(await daemon.call('cache_get', { ns: example.ns, key: example.key })).toMatchObject({ status: 200 });

      expect(page.requested.filter((url) => !url.startsWith(`${daemon.url}/`) && !url.startsWith('data:'))).toEqual([]);
      expect(page.complaints.filter((text) => !text.includes('401'))).toEqual([]);
      expect(await page.evaluate<string>(`JSON.stringify(localStorage)`)).not.toContain(daemon.token);
    } finally {
      await page.close();
    }
  },
  60_000,
);
