import { closeSync, constants, fstatSync, linkSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { createPrivate } from './private_file';

/**
 * The token of the TCP listener: 32 random bytes as base64url, made at the first start. It appears under its name
 * complete or not at all. Throws with the remedy when the file is not the daemon's alone or holds something else.
 */
export function loadOrCreateToken(file: string): string {
  try {
    return readToken(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const temporary = `${file}.${process.pid}.tmp`;
  createPrivate(temporary, `${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')}\n`);
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
  return readToken(file);
}

/** The token a zd made in this file. Throws when there is none, with the remedy when it is not its owner's alone. */
export function readToken(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode, uid } = fstatSync(fd);
    if (process.getuid && uid !== process.getuid())
      throw new Error(`${file} belongs to another user. Remove it, and a new token is made at the next start.`);
    if ((mode & 0o077) !== 0)
      throw new Error(
        `Others may use the token in ${file} (mode ${(mode & 0o777).toString(8)}). Remove it, and a new one is made at the next start.`,
      );
    const text = readFileSync(fd, 'utf8').trim();
    if (!/^[A-Za-z0-9_-]{43}$/.test(text))
      throw new Error(`${file} does not hold a token that zd made. Remove it, and a new one is made at the next start.`);
    return text;
  } finally {
    closeSync(fd);
  }
}
