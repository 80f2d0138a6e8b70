import { join } from 'node:path';
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
  /** `ws://HOST:PORT/ws` as it is reached from this machine. */
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
