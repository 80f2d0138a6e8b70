import { expect, test } from 'bun:test';
import { CHROMIUM, visit } from '../helper/browser';
import { startDaemon } from '../helper/daemon';
import { signedIn } from '../helper/ui';

if (!CHROMIUM) console.warn('ui_streams: left out, no Chromium on this machine');

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

test.skipIf(!CHROMIUM)(
  'where no token is needed none is asked for, and a fast writer leaves a bounded page',
  async () => {
    const daemon = await startDaemon({ config: '[http]\nopen = true\n' });
    Bun.spawnSync(['mkfifo', `${daemon.home}/go`]);
    const script = 'for i in 1 2; do read line < go; seq 1 200000; echo over $i; done';
    const { body } = await daemon.call('job_submit', { command: ['sh', '-c', script], cwd: daemon.home });
    const { page, complaints, close } = await visit(`${daemon.url}/ui#/jobs/${body.job_id}`);
    try {
      const output = page.getByRole('log', { name: `Output of job ${body.job_id}` });
      await output.waitFor();
      for (const round of [1, 2]) {
        Bun.spawnSync(['sh', '-c', 'echo > go'], { cwd: daemon.home });
        await output.getByText(`over ${round}`).waitFor();
      }
      const { length } = (await output.textContent())!;
      expect(length).toBeGreaterThan(100_000);
      expect(length).toBeLessThan(300_000);
      expect(await output.locator('span').count()).toBeLessThan(500);
      expect((await output.textContent())!.endsWith('199999\n200000\nover 2\n')).toBe(true);

      await page.reload();
      await output.getByText('over 2').waitFor();
      expect(await output.getByText('the last 64.0 KiB').count()).toBe(1);
      expect(await page.getByRole('button', { name: 'Forget token' }).count()).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      await close();
    }
  },
  60_000,
);
