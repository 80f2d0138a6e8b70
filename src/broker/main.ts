import { rmSync } from 'node:fs';
import { loadSodium } from '../areas/mesh/wire/sodium';
import { prepareFolder } from '../daemon/folders';
import { acquireInstance } from '../daemon/instance';
import { LogFile } from '../daemon/log_file';
import type { Paths } from '../daemon/paths';
import { prettyLog } from '../daemon/pretty_log';
import { writePrivate } from '../daemon/private_file';
import { loadOrCreateToken } from '../daemon/token';
import { isLoopback } from '../daemon/values';
import { systemClock } from '../kernel/clock';
import { EXIT } from '../kernel/code_info';
import { armFailpoints } from '../kernel/failpoint';
import { createLogger, type Logger } from '../kernel/log';
import { Db } from '../storage/db';
import { brokerMigrations } from '../storage/migrations';
import { version } from '../version';
import { composeBroker } from './compose';
import { brokerFiles, type BrokerRecord } from './files';
import { listen } from './server';
import type { BrokerSettings } from './settings';
import { startUpkeep } from './upkeep';

const LOG = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/** What is said once the broker listens; `url` is how it is reached. */
export type Announce = (record: BrokerRecord) => void;

/** Runs a broker until it is told to stop, and resolves with the exit code: 0 after a clean stop, 6 beside another one, 1 for a failure. */
export async function runBroker(paths: Paths, settings: BrokerSettings, announce: Announce): Promise<number> {
  process.title = 'zd broker';
  process.umask(0o077);
  const files = brokerFiles(paths);
  prepareFolder(files.folder);
  const lock = acquireInstance(files.lock);
  if (!lock) {
    process.stderr.write(`zd: another broker has ${files.folder}\n`);
    return EXIT.conflict;
  }
  const logFile = new LogFile(files.log, () => LOG, await prettyLog());
  const log = createLogger(logFile, () => 'info');
  try {
    return await live(paths, settings, log, announce);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const taken =
      code === 'EADDRINUSE' ? 'something else listens there' : code === 'EACCES' || code === 'EADDRNOTAVAIL' ? `the system says ${code}` : null;
    if (taken === null) log.error('the broker failed', { error });
    else log.error(`it cannot listen at ${settings.host}:${settings.port}: ${taken}; give it another address with --listen`);
    return EXIT.failure;
  } finally {
    rmSync(files.record, { force: true });
    logFile.close();
    lock.release();
  }
}

async function live(paths: Paths, settings: BrokerSettings, log: Logger, announce: Announce): Promise<number> {
  const files = brokerFiles(paths);
  const stopping = Promise.withResolvers<number>();
  const unlisten = onSignals(stopping, log);
  await using stack = new AsyncDisposableStack();
  const db = stack.adopt(new Db(files.database, { migrations: brokerMigrations, durability: 'full' }), (each) => each.close());
  const { broker, http } = composeBroker({
    db,
    settings,
    sodium: await loadSodium(),
    token: loadOrCreateToken(files.token),
    clock: systemClock,
    log,
  });
  const server = listen(broker, http, settings);
  stack.defer(async () => {
    broker.close();
    await server.stop(true);
  });
  stack.defer(startUpkeep(broker, http));
  const host = settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host === '::' ? '::1' : settings.host;
  const record: BrokerRecord = { pid: process.pid, url: settings.publicUrl ?? `ws://${host.includes(':') ? `[${host}]` : host}:${server.port}/ws` };
  writePrivate(files.record, `${JSON.stringify(record)}\n`);
  log.info('listening', { ...record, version, host: settings.host, port: server.port, data: files.folder });
  if (!isLoopback(settings.host))
    log.warn('other machines can connect without encryption of the link; put a proxy with TLS in front and name it with --public-url');
  armFailpoints();
  announce(record);
  const code = await stopping.promise;
  unlisten();
  log.info('stopped', { code });
  return code;
}

/** The first SIGTERM or SIGINT ends it, and what was acknowledged is stored already; a fault nobody caught ends it too, with 1. */
function onSignals({ resolve }: PromiseWithResolvers<number>, log: Logger): () => void {
  const stop = () => resolve(EXIT.ok);
  const crash = (error: unknown) => {
    log.error('uncaught', { error });
    resolve(EXIT.failure);
  };
  const handlers = { SIGTERM: stop, SIGINT: stop, uncaughtException: crash, unhandledRejection: crash };
  for (const [name, handler] of Object.entries(handlers)) process.on(name as 'SIGTERM', handler);
  return () => {
    for (const [name, handler] of Object.entries(handlers)) process.off(name as 'SIGTERM', handler);
  };
}
