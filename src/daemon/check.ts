import type { Check } from '../areas/meta/service';
import type { PartStatus } from '../kernel/part';
import type { WatchFigures } from '../areas/watch/service';
import type { Db } from '../storage/db';
import type { Addresses } from './lifecycle';
import type { Env, Paths } from './paths';

export interface DoctorTarget {
  readonly paths: Paths;
  readonly env: Env;
  /** Where the daemon listens; null when none runs. */
  readonly addresses: Addresses | null;
  /** Whether this process is the daemon: some facts are only known from inside. */
  readonly inside: boolean;
  /** The daemon's own databases, when this process is the daemon: it holds their files for itself. */
  readonly databases: readonly Db[];
  /** The daemon's own parts, when this process is the daemon. */
  readonly parts: readonly PartStatus[];
  /** What the file watcher does; null when no daemon runs or this is not it. */
  readonly watcher: WatchFigures | null;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, remedy: '' });
export const warn = (name: string, detail: string, remedy: string): Check => ({ name, status: 'warn', detail, remedy });
export const fail = (name: string, detail: string, remedy: string): Check => ({ name, status: 'fail', detail, remedy });
