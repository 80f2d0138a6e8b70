import { cleanEnv, ZD } from './daemon';
import { until } from './until';

/** A command on a terminal of its own; what it shows is kept as it came. */
export class Pty {
  shown = '';
  private readonly child: Bun.Subprocess;

  constructor(home: string, command: readonly string[], env: Readonly<Record<string, string>> = {}, size = { cols: 90, rows: 14 }) {
    const decoder = new TextDecoder();
    this.child = Bun.spawn([...command], {
      env: { ...cleanEnv(home), TERM: 'xterm-256color', NO_COLOR: '1', ZD_COMMAND: ZD.join(' '), ...env },
      cwd: home,
      terminal: { ...size, data: (_, bytes) => void (this.shown += decoder.decode(bytes, { stream: true })) },
    });
  }

  type(text: string): void {
    this.child.terminal!.write(text);
  }

  resize(cols: number, rows: number): void {
    this.child.terminal!.resize(cols, rows);
  }

  /** What the newest whole picture shows, line by line. */
  picture(): string[] {
    const pictures = this.shown.split('\u001b[?25l');
    // oxlint-disable-next-line no-control-regex
    return (pictures.at(-1) ?? '').split(/\u001b\[\d+;1H/).map((line) => line.replace(/\u001b\[[?0-9;]*[A-Za-z]/g, ''));
  }

  async sees(what: string, test: (picture: readonly string[]) => boolean): Promise<void> {
    await until(`${what} in ${JSON.stringify(this.picture())}`, () => test(this.picture()));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number> {
    const code = await this.child.exited;
    this.child.terminal?.close();
    return code;
  }
}
