import { writeSync } from 'node:fs';
import { EXIT } from '../kernel/code_info';
import { systemClock } from '../kernel/clock';
import { createLogger } from '../kernel/log';
import { ConfigError } from './config';
import { FolderError, prepareFolders } from './folders';
import { settleHome } from './home';
import { acquireInstance, startToken, type InstanceLock } from './instance';
import { Lifecycle, type Ending } from './lifecycle';
import { LiveConfig } from './live';
import { LogFile, type LogLimits } from './log_file';
import { resolvePaths, type Env, type Paths } from './paths';
import { prettyLog } from './pretty_log';
import { readDaemonRecord } from './private_file';
import { becomeReplacement, closeStdio, underManager } from './process';
import { findSetting } from './settings';
import { loadOrCreateToken } from './token';

export interface RunOptions {
  /** The log goes to stderr too, for a person, and the process stays with its terminal. */
  readonly foreground: boolean;
  readonly env?: Env;
  /** Settings given as flags, as text, by key. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** What the process says on stdout, one line of JSON, for whoever started it. */
type Report =
  | { readonly event: 'ready'; readonly pid: number; readonly socket: string; readonly tcp: { readonly host: string; readonly port: number } | null }
  | { readonly event: 'already_running'; readonly pid: number | null }
  | { readonly event: 'failed'; readonly message: string };

/** SQLite's word and the system's for a disk or a quota without room. */
const DISK_FULL = new Set(['SQLITE_FULL', 'ENOSPC', 'EDQUOT']);
/** Tells a service manager, which starts again on failure, to do so. */
const EXIT_RESTART = 75;

/**
 * Runs the daemon to its end and resolves with the exit code: 0 after a clean stop and when another daemon has this
 * home, 2 for a configuration that is not valid (starting again would not help), 1 for any other failure.
 */
export async function runDaemon(options: RunOptions): Promise<number> {
  process.title = 'zd';
  process.umask(0o077);
  const env = options.env ?? process.env;
  let lock: InstanceLock | null = null;
  try {
    const paths = prepareFolders(resolvePaths(env));
    process.chdir(paths.dataDir);
    lock = await takeLock(paths);
    if (!lock) return alreadyRunning(paths, options.foreground);
    const ending = await live(paths, env, options, () => {
      lock?.release();
      lock = null;
    });
    // After a forced end this process still holds its listeners, so only one that ends itself may start another.
    if (ending.reason !== 'ipc_restart' || (ending.code !== 0 && options.foreground)) return ending.code;
    return underManager(env) ? EXIT_RESTART : await becomeReplacement(options.foreground, env);
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof FolderError;
    const full = DISK_FULL.has((error as NodeJS.ErrnoException | null)?.code ?? '');
    const brief = full
      ? 'There is no space left on the disk. Free some, then start zd again.'
      : error instanceof Error
        ? error.message
        : String(error);
    process.stderr.write(`${expected || full || !(error instanceof Error) ? brief : (error.stack ?? brief)}\n`);
    report(options.foreground, { event: 'failed', message: brief });
    return error instanceof ConfigError ? EXIT.usage : EXIT.failure;
  } finally {
    lock?.release();
  }
}

const LOCK_TRIES = 5;
const LOCK_PAUSE_MS = 20;

/** Null at once when a living daemon has the lock. One that is just ending, or a `doctor` that tried the lock, gets a moment. */
async function takeLock(paths: Paths): Promise<InstanceLock | null> {
  for (let tries = 1; ; tries++) {
    const lock = acquireInstance(paths.lockFile);
    if (lock || tries === LOCK_TRIES) return lock;
    if (livingDaemon(paths) !== null) return null;
    await Bun.sleep(LOCK_PAUSE_MS);
  }
}

/** The pid that the address file names, when that very process is alive. */
function livingDaemon(paths: Paths): number | null {
  const record = readDaemonRecord(paths.daemonFile);
  return record && startToken(record.pid) === record.start_token ? record.pid : null;
}

/** From the lock to its release. */
async function live(paths: Paths, env: Env, options: RunOptions, release: () => void): Promise<Ending> {
  let config: LiveConfig | undefined;
  const limits = (): LogLimits => ({
    maxBytes: config?.value('log.max_bytes') ?? preset('log.max_bytes'),
    maxFiles: config?.value('log.max_files') ?? preset('log.max_files'),
  });
  const logFiles = new LogFile(paths.logFile, limits, options.foreground ? await prettyLog() : undefined);
  const log = createLogger(logFiles, () => config?.value('log.level') ?? 'info');
  try {
    await settleHome(paths, log, systemClock.now());
    config = new LiveConfig({ file: paths.configFile, env, flags: options.flags }, paths.overridesFile);
    for (const warning of config.warnings) log.warn(warning);
    const lifecycle = new Lifecycle(paths, config, log, systemClock);
    const unlisten = onSignals(lifecycle, () => log, options.foreground);
    const token = loadOrCreateToken(paths.tokenFile);
    const { compose } = await import('./compose');
    const daemon = await compose({ paths, config, clock: systemClock, log, logFiles, lifecycle, token });
    lifecycle.listening(daemon);
    report(options.foreground, { event: 'ready', pid: process.pid, ...daemon.addresses });
    if (!options.foreground) closeStdio();
    const ending = await lifecycle.finished;
    log.info('stopped', { ...ending });
    unlisten();
    return ending;
  } catch (error) {
    log.error('start failed', { error: error instanceof ConfigError ? error.message : error });
    throw error;
  } finally {
    logFiles.close();
    release();
  }
}

const preset = (key: 'log.max_bytes' | 'log.max_files'): number => findSetting(key)!.default as number;

/** The first SIGTERM or SIGINT drains, the second forces; SIGHUP reads the configuration again; a fault nobody caught ends the process. */
function onSignals(lifecycle: Lifecycle, log: () => ReturnType<typeof createLogger>, foreground: boolean): () => void {
  let asked = 0;
  const stop = (signal: NodeJS.Signals) => (++asked === 1 ? lifecycle.begin('signal') : lifecycle.force(`a second ${signal}`));
  const reload = () => {
    // A terminal that closes says SIGHUP too, and a daemon in the foreground goes with it.
    if (foreground && process.stderr.isTTY) return lifecycle.begin('signal');
    lifecycle
      .reload()
      .catch((error: unknown) =>
        log().error('the configuration is not valid; nothing was changed', { error: error instanceof Error ? error.message : error }),
      );
  };
  const crash = (error: unknown) => {
    log().error('uncaught', { error });
    lifecycle.force('a fault that nobody caught');
  };
  const handlers = { SIGTERM: stop, SIGINT: stop, SIGHUP: reload, uncaughtException: crash, unhandledRejection: crash };
  for (const [name, handler] of Object.entries(handlers)) process.on(name as 'SIGTERM', handler);
  return () => {
    for (const [name, handler] of Object.entries(handlers)) process.off(name as 'SIGTERM', handler);
  };
}

function alreadyRunning(paths: Paths, foreground: boolean): number {
  const pid = livingDaemon(paths);
  process.stderr.write(`another zd is already running${pid === null ? '' : ` (pid ${pid})`}\n`);
  report(foreground, { event: 'already_running', pid });
  return EXIT.ok;
}

function report(foreground: boolean, line: Report): void {
  if (foreground) return;
  try {
    // Not `process.stdout`, which would hold a second descriptor of the pipe for ever.
    writeSync(1, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody listens any more.
  }
}
