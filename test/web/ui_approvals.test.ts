import { expect, test } from 'bun:test';
import { CHROMIUM } from '../helper/browser';
import { startDaemon } from '../helper/daemon';
import { scripted, sessionCalls, textOf } from '../helper/sessions';
import { LOW_CONTRAST, signedIn } from '../helper/ui';

if (!CHROMIUM) console.warn('ui_approvals: left out, no Chromium on this machine');

test.skipIf(!CHROMIUM).each(['light', 'dark'] as const)(
  'what the agent of a session asks comes to the page by itself and is answered there by keyboard, in %s',
  async (colorScheme) => {
    const daemon = await startDaemon({ config: scripted('agent') });
    const { open, say, told, waitFor } = sessionCalls(() => daemon);
    const { page, complaints, close } = await signedIn(daemon, '', { colorScheme });
    try {
      await page.getByRole('link', { name: 'Approvals', exact: true }).click();
      await page.getByText('Nothing waits for an answer.').waitFor();
      const id = await open('agent');
      await say(id, 'permission');
      const card = page.getByRole('group', { name: /rm -r build/ });
      await card.getByText(`agent:agent in session ${id}`).waitFor();
      expect(await page.evaluate<string[]>(LOW_CONTRAST)).toEqual([]);
      await card.getByRole('button', { name: 'Deny' }).focus();
      await page.keyboard.press('Enter');
      await page.locator('.toast').getByText('Denied').waitFor();
      await page.getByText('Nothing waits for an answer.').waitFor();
      await waitFor(id, 'idle');
      expect(textOf(await told(id))).toBe('permission selected no');
      expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    } finally {
      await close();
    }
  },
  60_000,
);
