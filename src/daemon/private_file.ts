import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DaemonRecord } from './paths';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Creates a file that nobody else ever could read; fails with EEXIST when it is there. */
export function createPrivate(file: string, text: string): void {
  const fd = openSync(file, CREATE, 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    // On a full disk nothing but an empty file would stay.
    unlinkSync(file);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file in one step, mode 0600: a reader sees the old text or the new one, also after a crash. One process at a time, so what a
 * killed one left half-written stands under the same name and goes with the next write.
 */
export function writePrivate(file: string, text: string): void {
  const temporary = `${file}.tmp`;
  try {
    createPrivate(temporary, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    unlinkSync(temporary);
    createPrivate(temporary, text);
  }
  renameSync(temporary, file);
  syncFolder(dirname(file));
}

export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export const writeDaemonRecord = (file: string, record: DaemonRecord): void => writePrivate(file, `${JSON.stringify(record)}\n`);

/** What a daemon left in its address file; null when there is none or it cannot be read. */
export function readDaemonRecord(file: string): DaemonRecord | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as DaemonRecord;
    return typeof value.pid === 'number' && typeof value.socket === 'string' ? value : null;
  } catch {
    return null;
  }
}
