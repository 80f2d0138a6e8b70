import { Database } from 'bun:sqlite';
import { readFileSync } from 'node:fs';

/** The right to be the one daemon of a home; it ends with the process, however that ends. */
export interface InstanceLock {
  release(): void;
}

/**
 * Takes the lock or returns null at once when another process has it. It is the write lock of a SQLite file: an OS
 * lock that the kernel drops with the process. `BEGIN IMMEDIATE` takes one byte range, so of many contenders exactly
 * one wins; `BEGIN EXCLUSIVE` takes two in turn, and two contenders can make each other lose.
 */
export function acquireInstance(file: string): InstanceLock | null {
  const db = new Database(file, { create: true, readwrite: true });
  try {
    db.run('PRAGMA busy_timeout = 0');
    // No journal file beside the lock: one left by a crash would have to be read by the next contender.
    db.run('PRAGMA journal_mode = MEMORY');
    db.run('BEGIN IMMEDIATE');
  } catch (error) {
    db.close();
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return {
    release: () => {
      db.run('ROLLBACK');
      db.close();
    },
  };
}

/** Whether some process holds the lock. */
export function isLocked(file: string): boolean {
  const lock = acquireInstance(file);
  lock?.release();
  return lock === null;
}

/**
 * When a process started, as the system counts it (Linux: field 22 of /proc/PID/stat in clock ticks since boot); null
 * when there is no such process. Pid and start time together name one process for ever, a pid alone is used again.
 */
export function startToken(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in field 2 may hold spaces and parentheses; the rest begins after the last one.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    } catch {
      return null;
    }
  }
  const shown = Bun.spawnSync(['ps', '-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' }, stderr: 'ignore' });
  return shown.stdout.toString().trim() || null;
}
