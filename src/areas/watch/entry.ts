import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { release } from 'node:os';

/** What is remembered of a file or folder: enough to tell whether it is the same one, and whether it changed. */
export interface Entry {
  readonly dev: number;
  readonly ino: number;
  /** File systems give a freed inode number away at once; the time of birth tells the two files apart. */
  readonly birth: number;
  readonly dir: boolean;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  /** It was read so soon after its last change that another one may not show in its times. */
  readonly fresh: boolean;
}

/**
 * Steps in which file times are counted: the kernel's tick, up to 10 ms. Linux 6.13 and APFS give a change that follows a look a
 * time of its own, however quick it is.
 */
const TIME_STEP_MS = hasExactTimes(process.platform, release()) ? 0 : 10;

export function hasExactTimes(platform: string, kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return platform === 'darwin' || (platform === 'linux' && (major > 6 || (major === 6 && minor >= 13)));
}

export const entryOf = (stats: Stats): Entry => ({
  dev: stats.dev,
  ino: stats.ino,
  birth: stats.birthtimeMs,
  dir: stats.isDirectory(),
  mode: stats.mode,
  size: stats.size,
  mtime: stats.mtimeMs,
  ctime: stats.ctimeMs,
  fresh: Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) < TIME_STEP_MS,
});

/** The entry at a path, links not followed; null when there is none or it may not be seen. */
export function readEntry(path: string): Entry | null {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats ? entryOf(stats) : null;
  } catch {
    return null;
  }
}

/** Names the file itself, whatever its path. */
export const identity = ({ dev, ino, birth }: Entry): string => `${dev}:${ino}:${birth}`;

export const isSame = (a: Entry, b: Entry): boolean => a.ino === b.ino && a.dev === b.dev && a.birth === b.birth && a.dir === b.dir;

/** Whether what is in the file changed. A rename alone does not; a folder's own times follow its children and say nothing. */
export const contentDiffers = (a: Entry, b: Entry): boolean => a.mode !== b.mode || (!a.dir && (a.size !== b.size || a.mtime !== b.mtime));

export const differs = (a: Entry, b: Entry): boolean => !isSame(a, b) || contentDiffers(a, b) || (!a.dir && a.ctime !== b.ctime);

/** What is in a folder; nothing when it is gone or may not be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The kernel's own trees never end. */
export const isKernelFolder = (path: string): boolean => process.platform === 'linux' && (path === '/proc' || path === '/sys');
