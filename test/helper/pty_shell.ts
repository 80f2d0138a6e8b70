import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, runZd } from './daemon';
import { until } from './until';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

const START: Readonly<Record<ShellName, readonly string[]>> = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-f', '-i'],
  // Not --no-config: that is private mode.
  fish: ['fish', '-i'],
};
/** The prompt counts, so that a new one is told from one that was drawn again; `#` and not the number itself is what is typed. */
const PROMPT: Readonly<Record<ShellName, string>> = {
  bash: `PROMPT_COMMAND='((++__n))'; PS1='<$__n>'`,
  zsh: `precmd() { ((++__n)) }; setopt prompt_subst; PS1='<$__n>'; unsetopt prompt_cr prompt_sp`,
  fish: `set -g __n 0; function fish_prompt; printf '<%s>' $__n; end; function __count --on-event fish_prompt; set -g __n (math $__n + 1); end; function fish_greeting; end`,
};

/** A real interactive shell on a terminal. */
export class PtyShell {
  shown = '';
  private prompts = 0;

  private constructor(
    readonly name: ShellName,
    readonly child: Bun.Subprocess,
  ) {}

  /** A shell without any configuration; `flags` are those of `zd init`, null for a shell without hooks. */
  static async start(name: ShellName, home: string, flags: readonly string[] | null, env: Record<string, string> = {}): Promise<PtyShell> {
    return this.with(name, home, flags === null ? '' : (await runZd(home, ['init', name, ...flags])).stdout, env);
  }

  /** The same with these hooks. */
  static async with(name: ShellName, home: string, hooks: string, env: Record<string, string> = {}): Promise<PtyShell> {
    // The first start of fish would read every manual page of the machine.
    mkdirSync(join(home, 'xdg/fish/generated_completions'), { recursive: true });
    let self: PtyShell | undefined;
    const decoder = new TextDecoder();
    const child = Bun.spawn([...START[name]], {
      env: { ...cleanEnv(home), TERM: 'xterm', HISTFILE: '/dev/null', XDG_CONFIG_HOME: join(home, 'xdg'), XDG_DATA_HOME: join(home, 'xdg'), ...env },
      cwd: home,
      terminal: { cols: 200, rows: 40, data: (_, bytes) => void (self!.shown += decoder.decode(bytes, { stream: true })) },
    });
    self = new PtyShell(name, child);
    // Line by line: what comes before a shell is ready to read may be lost or doubled on the screen, but not in what it runs.
    const file = join(home, `hooks.${name}.${child.pid}`);
    writeFileSync(file, `${PROMPT[name]}\n${hooks}`);
    child.terminal!.write(`source ${file}\n`);
    await self.prompt();
    return self;
  }

  get pid(): number {
    return this.child.pid;
  }

  type(text: string): void {
    this.child.terminal!.write(text);
  }

  /** Waits for the next prompt that was not seen yet. */
  async prompt(): Promise<void> {
    await until(`${this.name} shows its prompt`, () => this.newest() > this.prompts).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(this.shown.slice(-500))}`);
    });
    this.prompts = this.newest();
  }

  /** Runs a line and resolves with what it showed, at its next prompt. */
  async run(line: string): Promise<string> {
    const from = this.shown.length;
    this.type(`${line}\n`);
    await this.prompt();
    return this.shown.slice(from);
  }

  private newest(): number {
    return Math.max(0, ...[...this.shown.matchAll(/<(\d+)>/g)].map((match) => Number(match[1])));
  }

  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
    this.child.terminal?.close();
  }
}
