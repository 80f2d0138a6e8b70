import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROKER_PORT } from '../areas/mesh/wire/limits';
import type { Paths } from '../daemon/paths';

/** Where a broker lives: a folder of its own beside the data of the daemon, with which it shares nothing. */
export interface BrokerFiles {
  readonly folder: string;
  readonly database: string;
  readonly lock: string;
  readonly log: string;
  /** The bearer token that lets its reader make meshes. */
  readonly token: string;
  /** Where the running broker says who and where it is (`BrokerRecord`). */
  readonly record: string;
}

export interface BrokerRecord {
  readonly pid: number;
  /** How it is reached, as invitations say it: `ws://HOST:PORT/ws`. */
  readonly url: string;
}

export function brokerFiles({ dataDir }: Pick<Paths, 'dataDir'>): BrokerFiles {
  const folder = join(dataDir, 'broker');
  return {
    folder,
    database: join(folder, 'broker.db'),
    lock: join(folder, 'lock'),
    log: join(folder, 'broker.log'),
    token: join(folder, 'token'),
    record: join(folder, 'broker.json'),
  };
}

/** The broker of a home, as others of that home see it: where it said it listens, or where one does without being told. */
export function localBroker(files: BrokerFiles, readToken: (file: string) => string): { readonly url: string; readonly token: string | null } {
  let url = `ws://127.0.0.1:${BROKER_PORT}/ws`;
  let token: string | null = null;
  try {
    token = readToken(files.token);
    url = (JSON.parse(readFileSync(files.record, 'utf8')) as BrokerRecord).url;
  } catch {
    // None runs here; it may have before.
  }
  return { url, token };
}
