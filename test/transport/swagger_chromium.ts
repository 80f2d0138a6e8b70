import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../helper/until';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
  '--window-size=1200,1600',
];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: any;
  readonly result?: any;
  readonly error?: { readonly message: string };
}

/** One page of a headless Chromium, driven over its DevTools protocol. It notes every address asked for and every complaint. */
export class Page {
  readonly requested: string[] = [];
  readonly complaints: string[] = [];
  private readonly waiting = new Map<number, (message: Message) => void>();
  private last = 0;

  private constructor(
    private readonly process: Bun.Subprocess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => this.hear(JSON.parse(String(data)) as Message);
  }

  static async open(url: string): Promise<Page> {
    const profile = mkdtempSync('/tmp/zd-chromium-');
    const process = Bun.spawn([CHROMIUM!, ...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
    const portFile = join(profile, 'DevToolsActivePort');
    // The file is there before its text is.
    const port = await until('chromium listens', () => existsSync(portFile) && (Number.parseInt(readFileSync(portFile, 'utf8'), 10) || undefined));
    const target = await until('chromium has a page', async () => {
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { type: string; webSocketDebuggerUrl: string }[];
      return targets.find(({ type }) => type === 'page');
    });
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const page = new Page(process, profile, socket);
    for (const domain of ['Network', 'Log', 'Runtime', 'Page']) await page.send(`${domain}.enable`);
    await page.send('Page.navigate', { url });
    return page;
  }

  /** The value of an expression in the page; a promise is awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value as T;
  }

  /** Clicks the first element a selector finds, once it is there. */
  async click(selector: string): Promise<void> {
    await until(`${selector} can be clicked`, () =>
      this.evaluate<boolean>(`(() => { const found = document.querySelector(${JSON.stringify(selector)}); found?.click(); return !!found; })()`),
    );
  }

  /** Types into a field the way a person does, so that the page's framework hears of it. */
  async type(selector: string, text: string): Promise<void> {
    await until(`${selector} can be filled`, () =>
      this.evaluate<boolean>(
        `(() => { const found = document.querySelector(${JSON.stringify(selector)}); found?.focus(); found?.select(); return !!found; })()`,
      ),
    );
    await this.send('Input.insertText', { text });
  }

  async close(): Promise<void> {
    this.socket.close();
    this.process.kill('SIGTERM');
    await this.process.exited;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async send(method: string, params: object = {}): Promise<any> {
    const id = ++this.last;
    const reply = await new Promise<Message>((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result;
  }

  private hear({ id, method, params, ...rest }: Message): void {
    if (id !== undefined) {
      this.waiting.get(id)?.({ id, ...rest });
      this.waiting.delete(id);
    } else if (method === 'Network.requestWillBeSent') this.requested.push(params.request.url);
    else if (method === 'Log.entryAdded' && params.entry.level === 'error') this.complaints.push(params.entry.text);
    else if (method === 'Runtime.exceptionThrown')
      this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  }
}
