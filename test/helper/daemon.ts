import { afterAll } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { until } from './until';

const MAIN = resolve(import.meta.dir, '../../src/main.ts');
/** The command under test: the compiled binary when `ZD_BIN` names one, the source otherwise. */
export const ZD: readonly string[] = process.env.ZD_BIN ? [resolve(process.env.ZD_BIN)] : [process.execPath, MAIN];
const SOURCE: readonly string[] = [process.execPath, MAIN];
/** Where every daemon under test notes which op answered with which code; read by the ledger when the suite is over. */
const TRACE = process.env.ZD_OP_TRACE;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The text of config.toml; `[http] listen` on a free port is added unless it names one. */
  readonly config?: string;
  /** An existing home to start in. */
  readonly home?: string;
  /** Runs the source even when a binary is under test: a release binary has no failpoints. */
  readonly source?: boolean;
}

export interface Reply {
  readonly status: number;
  // Replies are checked by the tests themselves, member by member.
  readonly body: any;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A short folder right under the temp root: socket paths are limited to about a hundred bytes. */
export const tempHome = (): string => {
  const home = mkdtempSync('/tmp/zd-');
  homes.add(home);
  return home;
};

const homes = new Set<string>();
const running = new Set<TestDaemon>();

export const cleanEnv = (home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: home,
  LANG: 'C.UTF-8',
  ZD_HOME: home,
  ...(TRACE ? { ZD_OP_TRACE: TRACE } : {}),
  ...extra,
});

/** Runs `zd ARGS` in a home and waits for it to end. */
export async function runZd(
  home: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string; readonly cwd?: string } = {},
): Promise<Ran> {
  const child = Bun.spawn([...ZD, ...args], {
    env: cleanEnv(home, options.env),
    cwd: options.cwd ?? home,
    stdin: options.stdin === undefined ? 'ignore' : new Blob([options.stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** A real daemon in a home of its own. Everything it is asked goes through its real listeners. */
export class TestDaemon {
  private child: Bun.Subprocess | undefined;
  url = '';

  constructor(
    readonly home: string,
    private env: Readonly<Record<string, string>>,
    private readonly command: readonly string[] = ZD,
  ) {}

  get socket(): string {
    return join(this.home, 'zd.sock');
  }

  get token(): string {
    return readFileSync(join(this.home, 'token'), 'utf8').trim();
  }

  get pid(): number {
    return this.child!.pid;
  }

  log(): string {
    const file = join(this.home, 'zd.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async start(): Promise<this> {
    const child = Bun.spawn([...this.command, '__daemon'], {
      env: cleanEnv(this.home, this.env),
      cwd: this.home,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    });
    this.child = child;
    running.add(this);
    const health = await until('the daemon answers', async () => {
      const end = child.exitCode ?? child.signalCode;
      if (end !== null) throw new Error(`zd ended with ${end}: ${await new Response(child.stderr).text()}\n${this.log()}`);
      const record = this.record();
      return record?.pid === child.pid && (await this.fetch('/health').catch(() => undefined))?.ok ? record : undefined;
    });
    this.url = health.tcp ? `http://${health.tcp.host}:${health.tcp.port}` : '';
    return this;
  }

  private record(): { pid: number; tcp: { host: string; port: number } | null } | undefined {
    try {
      return JSON.parse(readFileSync(join(this.home, 'daemon.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** A request over the unix socket. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://zd${path}`, { ...init, unix: this.socket });
  }

  /** A request over TCP, without a token unless the caller sends one. */
  tcp(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  async call(op: string, input: unknown = {}): Promise<Reply> {
    const response = await this.fetch(`/op/${op}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) });
    return { status: response.status, body: await response.json() };
  }

  zd(...args: string[]): Promise<Ran> {
    return runZd(this.home, args, { env: this.env });
  }

  /** SIGTERM, then the exit code. */
  async stop(): Promise<number> {
    this.child!.kill('SIGTERM');
    return await this.ended();
  }

  /** SIGKILL: nothing in the process gets to say goodbye. */
  async kill(): Promise<void> {
    this.child!.kill('SIGKILL');
    await this.ended();
  }

  /** Waits until the process has ended by itself. */
  async ended(): Promise<number> {
    const code = await this.child!.exited;
    running.delete(this);
    return code;
  }

  /** Starts it again, with another environment when one is given. */
  async restart(env = this.env): Promise<this> {
    this.env = env;
    if (this.child?.exitCode === null && this.child.signalCode === null) await this.stop();
    return this.start();
  }
}

/** Starts a daemon; it is stopped and its home removed when the test file is over. */
export async function startDaemon(options: StartOptions = {}): Promise<TestDaemon> {
  const home = options.home ?? tempHome();
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const config = options.config ?? '';
  if (!existsSync(join(home, 'config.toml')) || options.config !== undefined)
    writeFileSync(join(home, 'config.toml'), withPort(config), { mode: 0o600 });
  return new TestDaemon(home, options.env ?? {}, options.source ? SOURCE : ZD).start();
}

/** Port 0 takes a free one, so daemons of parallel test files never meet. */
function withPort(config: string): string {
  if (/^\s*listen\s*=/m.test(config)) return config;
  return /^\[http\]$/m.test(config) ? config.replace(/^\[http\]$/m, '[http]\nlisten = "127.0.0.1:0"') : `[http]\nlisten = "127.0.0.1:0"\n${config}`;
}

const endings: (() => void)[] = [];

/** Runs when the last test of this process is over: what a helper started ends with the daemons. */
export const atEnd = (run: () => void): void => void endings.push(run);

/** Registered by the preload, so it runs when the last test of this process is over; at its exit too, in case that comes first. */
function cleanUp(): void {
  for (const end of endings) end();
  for (const daemon of running) {
    try {
      process.kill(daemon.pid, 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
  }
  running.clear();
  for (const home of homes) {
    if (existsSync(join(home, 'jobs'))) endJobs(home);
    rmSync(home, { recursive: true, force: true });
  }
  homes.clear();
}

/** Jobs outlive their daemon; those of a home that goes are ended with it. */
function endJobs(home: string): void {
  const mark = `ZD_JOB_DIR=${home}/`;
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    try {
      if (/^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'latin1').includes(mark)) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
}
afterAll(cleanUp);
process.on('exit', cleanUp);
