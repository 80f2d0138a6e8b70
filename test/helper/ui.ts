import type { BrowserContextOptions } from 'playwright-core';
import { visit, type Visit } from './browser';
import type { TestDaemon } from './daemon';

/** The page with the token pasted, when it is live. */
export async function signedIn(daemon: TestDaemon, place = '', options: BrowserContextOptions = {}): Promise<Visit> {
  const visited = await visit(`${daemon.url}/ui${place}`, options);
  await visited.page.getByLabel('Token').fill(daemon.token);
  await visited.page.keyboard.press('Enter');
  await visited.page.getByText('Live', { exact: true }).waitFor();
  return visited;
}

/**
 * Texts that the eye can hardly tell from what lies behind them: their contrast is below 4.5 (WCAG 2.2 §1.4.3). Evaluated in the page.
 */
export const LOW_CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgba(getComputedStyle(each).backgroundColor);
      if (color[3] > 252) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest('noscript, script, :disabled') || !element.checkVisibility({ visibilityProperty: true })) continue;
    const [light, dark] = [luminance(rgba(getComputedStyle(element).color)), luminance(behind(element))].toSorted((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push(node.textContent.trim().slice(0, 40) + ': ' + contrast.toFixed(2));
  }
  return found;
})()`;
