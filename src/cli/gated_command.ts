import { accessSync, closeSync, constants, writeSync } from 'node:fs';
import { ClientError } from '../client/error';
import { EXIT } from '../kernel/code_info';

/**
 * `sh` waits for a line on descriptor 3 and becomes the command, under the same pid; when the other end is closed without a line, because zd
 * gave up or died, it ends. The words of the command are its parameters: nothing of them is read as shell text.
 */
const GATE = `IFS=' ' read -r ZD_GATE <&3 || exit 125
for ZD_GATE_EACH in $ZD_GATE; do export "$ZD_GATE_EACH"; done
unset ZD_GATE ZD_GATE_EACH
exec "$@" 3<&-`;

/** Passed on to the command. The terminal sends those of the keyboard to it itself. */
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const KEYBOARD = ['SIGINT', 'SIGQUIT'] as const;
type Signal = (typeof SIGNALS)[number] | (typeof KEYBOARD)[number];

/** As shells have it: 127 for a command that is not there, 126 for one that cannot be run, 128 + N for one that a signal ended. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const BY_SIGNAL = 128;

/** A command that has its process, and begins when the gate is opened. */
export class GatedCommand {
  readonly pid: number;
  /** Its exit code. */
  readonly ended: Promise<number>;
  private gate: number | null;
  private opened = false;
  private readonly handlers: (readonly [Signal, () => void])[] = [];

  private constructor(
    private readonly child: Bun.Subprocess,
    gate: number,
  ) {
    this.pid = child.pid;
    this.gate = gate;
    this.ended = child.exited.then((code) => (child.signalCode ? signalled(child.signalCode) : code));
  }

  /** Passes signals on from now on. Rejects when one asks zd to end before the gate was opened. */
  takeSignals(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    for (const signal of [...SIGNALS, ...KEYBOARD]) {
      const keyboard = (KEYBOARD as readonly string[]).includes(signal);
      const handler = () => {
        if (!this.opened) reject(new ClientError('interrupted', 'interrupted', '', EXIT.interrupted));
        // Asked only now: it loads node:tty, which costs two milliseconds.
        else if (!keyboard || !process.stdin.isTTY) this.child.kill(signal);
      };
      process.on(signal, handler);
      this.handlers.push([signal, handler]);
    }
    return promise;
  }

  /** Throws when there is no such command, before anything is started. */
  static spawn(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): GatedCommand {
    checkCommand(argv[0]!);
    const child = Bun.spawn(['/bin/sh', '-c', GATE, 'zd', ...withOddNames(env), ...argv], {
      env,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    });
    return new GatedCommand(child, child.stdio[3] as unknown as number);
  }

  /** Lets it begin, with these in its environment; neither names nor values hold blanks. */
  open(environment: Readonly<Record<string, string>>): void {
    this.opened = true;
    const line = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    try {
      writeSync(this.gate!, `${line.join(' ')}\n`);
    } catch {
      // It was ended at the gate; its exit code tells.
    }
    this.shut();
  }

  /** Ends it if the gate was never opened, and stops passing signals on. */
  close(): void {
    this.shut();
    for (const [signal, handler] of this.handlers) process.off(signal, handler);
  }

  private shut(): void {
    if (this.gate !== null) closeSync(this.gate);
    this.gate = null;
  }
}

async function signalled(name: NonNullable<Bun.Subprocess['signalCode']>): Promise<number> {
  const { constants } = await import('node:os');
  return BY_SIGNAL + constants.signals[name as NodeJS.Signals];
}

function checkCommand(command: string): void {
  if (!command.includes('/')) {
    if (command === '' || Bun.which(command) === null) throw new ClientError('no_command', `there is no command "${command}"`, '', NOT_FOUND);
    return;
  }
  try {
    accessSync(command, constants.X_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code !== 'EACCES';
    throw missing
      ? new ClientError('no_command', `there is no command "${command}"`, '', NOT_FOUND)
      : new ClientError('no_command', `"${command}" cannot be executed`, '', NOT_EXECUTABLE);
  }
}

/** A shell may drop variables whose names it could not have made itself (bash's exported functions); env(1) carries them past it. */
function withOddNames(env: Readonly<Record<string, string | undefined>>): string[] {
  const odd = Object.entries(env).filter(([name, value]) => value !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  return odd.length === 0 ? [] : ['env', ...odd.map(([name, value]) => `${name}=${value}`)];
}
