import type { Check } from '../areas/meta/service';
import { fail, type DoctorTarget } from './check';
import { checkConfig, checkFiles, checkFolders, checkTokenFile } from './check_files';
import { checkDatabases, checkSqlite } from './check_database';
import { checkEvents } from './check_events';
import { checkListeners } from './check_network';
import { checkParts } from './check_parts';
import { checkSystem } from './check_system';
import { checkWatch } from './check_watch';
import { resolvePaths, withoutRuntimeDir, type Env } from './paths';
import { readDaemonRecord } from './private_file';

/** Every check, in the order in which a person reads them. A check that itself breaks is a failed check, not a failed doctor. */
export async function runChecks(target: DoctorTarget): Promise<readonly Check[]> {
  const groups: readonly [string, () => readonly Check[] | Promise<readonly Check[]>][] = [
    ['config', () => checkConfig(target)],
    ['folders', () => checkFolders(target)],
    ['files', () => checkFiles(target)],
    ['token_file', () => checkTokenFile(target)],
    ['listeners', () => checkListeners(target)],
    ['parts', () => checkParts(target)],
    ['sqlite_version', () => checkSqlite()],
    ['databases', () => checkDatabases(target)],
    ['event_log', () => checkEvents(target)],
    ['system', () => checkSystem(target)],
    ['watcher', () => checkWatch(target)],
  ];
  const found: Check[] = [];
  for (const [name, run] of groups) {
    try {
      found.push(...(await run()));
    } catch (error) {
      found.push(fail(name, `the check itself failed: ${error instanceof Error ? error.message : String(error)}`, 'Report it.'));
    }
  }
  return found;
}

/** The checks from outside, for a home whose daemon may be down. */
export function runChecksOffline(env: Env): Promise<readonly Check[]> {
  const paths = resolvePaths(env);
  const record = readDaemonRecord(paths.daemonFile);
  const real = record?.socket === withoutRuntimeDir(paths).socket ? withoutRuntimeDir(paths) : paths;
  return runChecks({
    paths: real,
    env,
    addresses: record ? { socket: record.socket, tcp: record.tcp } : null,
    inside: false,
    databases: [],
    parts: [],
    watcher: null,
  });
}
