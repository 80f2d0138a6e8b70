import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Magic numbers of statfs(2) on Linux: NFS, SMB and 9P, where nobody tells of what other machines change. */
const REMOTE = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997]);

export const isRemoteType = (type: number): boolean => REMOTE.has(type >>> 0);

/** Whether a path, or what will hold it, is on a file system that other machines change. */
export function isRemote(path: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return isRemoteType(statfsSync(path).type);
  } catch {
    return path !== '/' && isRemote(dirname(path));
  }
}
