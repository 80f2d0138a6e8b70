import { expect, test } from 'bun:test';
import { CHROMIUM, visit } from '../helper/browser';
import { startDaemon } from '../helper/daemon';
import { until } from '../helper/until';

if (!CHROMIUM) console.warn('swagger_browser: left out, no Chromium on this machine');

test.skipIf(!CHROMIUM)(
  'the page lists every operation, and Authorize and Execute work, with nothing asked of another machine',
  async () => {
    const daemon = await startDaemon();
    const { ops } = (await (await daemon.fetch('/ops')).json()) as { ops: string[] };
    const { page, requested, complaints, close } = await visit(`${daemon.url}/openapi`);
    try {
      // A long list is drawn where one looks, so one has to look everywhere; in a tall window that takes fewer looks.
      await page.setViewportSize({ width: 1200, height: 3000 });
      const seen = new Set<string>();
      const expected = [...ops.map((op) => `/op/${op}`), '/stream/events', '/health', '/metrics'];
      await until(
        'every operation was shown while scrolling',
        async () => {
          const shown = `Array.from(document.querySelectorAll('.opblock-summary-path'), (each) => each.dataset.path)`;
          for (const path of await page.evaluate<string[]>(shown)) seen.add(path);
          const end = await page.evaluate<boolean>(`new Promise((resolve) => {
          scrollBy(0, innerHeight / 3);
          requestAnimationFrame(() => setTimeout(() => resolve(scrollY + innerHeight >= document.body.scrollHeight - 1), 50));
        })`);
          if (end) await page.evaluate('scrollTo(0, 0)');
          return expected.every((path) => seen.has(path));
        },
        120_000,
      );

      await page.setViewportSize({ width: 1200, height: 900 });
      await page.getByPlaceholder('Filter by tag or path').fill('cache');
      const put = page.locator('#operations-cache-cache_put');
      const status = put.locator('.live-responses-table tbody .response-col_status');
      await put.locator('.opblock-summary-control').click();
      await put.locator('.try-out__btn').click();
      await put.locator('.execute').click();
      await status.getByText('401').waitFor();

      await page.locator('.btn.authorize').click();
      await page.locator('.auth-container input').fill(daemon.token);
      await page.locator('.auth-btn-wrapper .authorize').click();
      await page.locator('.auth-btn-wrapper .btn-done').click();
      await put.locator('.execute').click();
      await status.getByText('200').waitFor();

      const example = await page.evaluate<{ ns: string; key: string }>(
        `fetch('/openapi.json').then((reply) => reply.json()).then((doc) => doc.paths['/op/cache_put'].post.requestBody.content['application/json'].example)`,
      );
      expect(await daemon.call('cache_get', { ns: example.ns, key: example.key })).toMatchObject({ status: 200 });

      expect(requested.filter((url) => !url.startsWith(`${daemon.url}/`) && !url.startsWith('data:'))).toEqual([]);
      expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
      expect(await page.evaluate<string>(`JSON.stringify(localStorage)`)).not.toContain(daemon.token);
    } finally {
      await close();
    }
  },
  240_000,
);
