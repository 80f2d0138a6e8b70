import { expect, test } from 'bun:test';
import { CHROMIUM } from '../helper/browser';
import { startDaemon } from '../helper/daemon';
import { signedIn } from '../helper/ui';

if (!CHROMIUM) console.warn('ui_resume: left out, no Chromium on this machine');

/** The page can only find a daemon again that comes back at the same address. */
function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

test.skipIf(!CHROMIUM)(
  'after a restart of the daemon the page goes on by itself, with the events it missed and without doubles',
  async () => {
    const daemon = await startDaemon({ config: `[http]\nlisten = "127.0.0.1:${freePort()}"\n` });
    const { page, close } = await signedIn(daemon, '#/events');
    try {
      const events = page.getByRole('list', { name: 'Events' });
      await daemon.call('publish', { topic: 'before.it', data: {} });
      await events.getByText('http.before.it').waitFor();
      await daemon.stop();
      await page.getByText('Reconnecting').waitFor();
      await daemon.start();
      for (let at = 0; at < 20; at++) await daemon.call('publish', { topic: `missed.${at}`, data: {} });
      await page.getByText('Live', { exact: true }).waitFor();
      await events.getByText('http.missed.19').waitFor();
      await page.getByLabel('Pattern').fill('http.*');
      const names = await events.locator('summary b').allTextContents();
      expect(names).toEqual([...Array.from({ length: 20 }, (_, at) => `http.missed.${19 - at}`), 'http.before.it']);
    } finally {
      await close();
    }
  },
  60_000,
);
