import { afterAll } from 'bun:test';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Undefined where there is none: tests that need one are then left out, with the reason. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

/** One page of a headless Chromium. It notes every address asked for and every complaint. */
export interface Visit {
  readonly page: Page;
  readonly requested: string[];
  readonly complaints: string[];
  close(): Promise<void>;
}

let browser: Promise<Browser> | undefined;

/** Opens an address as somebody who was never here: nothing is kept from an earlier visit. */
export async function visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser ??= chromium.launch({ executablePath: CHROMIUM!, args });
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, requested, complaints, close: () => context.close() };
}

/** Once per test file; of several in one process the later ones start another, which Playwright ends with the process. */
afterAll(async () => {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
});
