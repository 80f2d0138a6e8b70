import { inherited } from '../../kernel/environment';
import { identify, type ProcessIdentity } from '../../kernel/process';
import { findProgram } from '../../kernel/program';
import type { AcpAgent } from './agent';
import { AgentFault } from './driver';
import { Lines } from './lines';

/** Longest line an agent may write. */
const LINE_BYTES = 16 * 1024 * 1024;
/** Of what it writes to stderr, the end is kept. */
const STDERR_BYTES = 8 * 1024;
/** What an error says of it. */
const STDERR_SHOWN = 500;
/** A process that was killed is gone within this time, or is none that can be ended. */
const GONE_MS = 1000;

export interface ProcessHooks {
  /** One line of its stdout. */
  readonly line: (text: string) => void;
  /** Resolves when there is room for more. */
  readonly ready: () => Promise<void>;
  /** Once: it has ended, or cannot go on. */
  readonly over: (fault: AgentFault) => void;
}

/** The process of an agent: the leader of a group of its own, so that what it started ends with it. */
export class AcpProcess {
  readonly identity: ProcessIdentity;
  private readonly child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>;
  private stderr = new Uint8Array(0);
  private finished = false;

  /** Throws `AgentFault`. */
  constructor(
    private readonly spec: AcpAgent,
    cwd: string,
    session: string,
    private readonly hooks: ProcessHooks,
  ) {
    const env: Record<string, string> = { ...inherited(process.env), ...spec.env, ZD_SESSION_ID: session };
    const [name, ...args] = spec.command;
    const program = findProgram(name!, cwd, env.PATH!);
    if (program === null) throw new AgentFault('start_failed', `There is no program "${name}" that can be run.`);
    try {
      this.child = Bun.spawn([program, ...args], { cwd, env, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', detached: true });
    } catch (error) {
      throw new AgentFault('start_failed', `The agent cannot be started: ${(error as Error).message}`);
    }
    this.identity = identify(this.child.pid) ?? { pid: this.child.pid, start: '' };
    const read = Promise.all([this.readLines(), this.readErrors()]).catch((error: unknown) =>
      this.fail(new AgentFault('protocol', `What the agent writes cannot be read: ${error instanceof Error ? error.message : String(error)}`)),
    );
    void this.child.exited.then(async () => {
      // What it wrote last may still be on its way; something it left behind may hold its pipes for ever.
      await Promise.race([read, Bun.sleep(GONE_MS)]);
      this.fail(new AgentFault('exited', this.told(`The agent ended${this.how()}`)));
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  private how(): string {
    const { exitCode, signalCode } = this.child;
    return signalCode !== null ? ` by ${signalCode}` : ` with exit code ${exitCode}`;
  }

  /** With what it wrote to stderr at last. */
  told(what: string): string {
    const text = new TextDecoder().decode(this.stderr).trim().slice(-STDERR_SHOWN);
    return text === '' ? `${what}.` : `${what}: ${this.withoutSecrets(text)}`;
  }

  private withoutSecrets(text: string): string {
    let told = text;
    for (const value of Object.values(this.spec.env)) if (value.length >= 6) told = told.replaceAll(value, '***');
    return told;
  }

  private fail(fault: AgentFault): void {
    if (this.finished) return;
    this.finished = true;
    this.hooks.over(fault);
  }

  private async readLines(): Promise<void> {
    const lines = new Lines(LINE_BYTES);
    for await (const chunk of this.child.stdout) {
      const whole = lines.push(chunk);
      if (whole === null) {
        this.fail(new AgentFault('protocol', `The agent wrote a line of more than ${LINE_BYTES} bytes.`));
        this.signal('SIGKILL');
        return;
      }
      for (const line of whole) {
        this.hooks.line(line);
        await this.hooks.ready();
      }
    }
  }

  private async readErrors(): Promise<void> {
    for await (const chunk of this.child.stderr) {
      this.stderr = new Uint8Array(Buffer.concat([this.stderr, chunk.subarray(-STDERR_BYTES)]).subarray(-STDERR_BYTES));
    }
  }

  write(text: string): void {
    if (this.finished) return;
    try {
      void Promise.resolve(this.child.stdin.write(text)).catch(() => {});
      void Promise.resolve(this.child.stdin.flush()).catch(() => {});
    } catch {
      // It reads no more: that it ended is told when it has.
    }
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  }

  /** Its stdin closes, then TERM, a grace, KILL, to everything it started. */
  async end(graceMs: number): Promise<void> {
    try {
      void Promise.resolve(this.child.stdin.end()).catch(() => {});
    } catch {
      // Closed already.
    }
    if (graceMs > 0) {
      this.signal('SIGTERM');
      await Promise.race([this.child.exited, Bun.sleep(graceMs)]);
    }
    this.signal('SIGKILL');
    await Promise.race([this.child.exited, Bun.sleep(GONE_MS)]);
  }
}
