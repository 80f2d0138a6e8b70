import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Check } from '../areas/meta/service';
import { fail, ok, warn, type DoctorTarget } from './check';

const MiB = 1024 * 1024;

export function checkSystem(target: DoctorTarget): Check[] {
  const folder = nearest(target.paths.dataDir);
  return [diskFree(folder), filesystem(folder), ...openFiles(target), ...inotify(), runtimeDir(target), ...service(target)];
}

/** The folder itself or the first above it that exists. */
const nearest = (folder: string): string => (existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder)));

function diskFree(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / MiB);
  const detail = `${free} MiB free at ${folder}`;
  if (free < 64) return fail('disk_free', detail, 'Free disk space; until then writes fail with storage_full.');
  return free < 1024 ? warn('disk_free', detail, 'Free disk space soon.') : ok('disk_free', detail);
}

/** Magic numbers of statfs(2) on Linux. */
const FILESYSTEMS: Readonly<Record<number, readonly [name: string, fault: string | null]>> = {
  0xef53: ['ext4', null],
  0x58465342: ['xfs', null],
  0x9123683e: ['btrfs', null],
  0xf2f52010: ['f2fs', null],
  0x794c7630: ['overlay', null],
  0x01021994: ['tmpfs', 'everything in it is gone after a restart of the machine'],
  0x6969: ['nfs', 'SQLite answers "database is locked" there, and file events of other machines do not arrive'],
  0xff534d42: ['cifs', 'SQLite locks do not hold there'],
  0xfe534d42: ['smb2', 'SQLite locks do not hold there'],
  0x517b: ['smb', 'SQLite locks do not hold there'],
  0x01021997: ['9p', 'SQLite locks may not hold there'],
  0x65735546: ['fuse', 'SQLite locks hold only if the file system brings them'],
  0x2fc12fc1: ['zfs', 'a write may take seconds there'],
};

function filesystem(folder: string): Check {
  if (process.platform !== 'linux') return ok('filesystem', `${folder}: not examined on ${process.platform}`);
  const type = statfsSync(folder).type >>> 0;
  const [name, fault] = FILESYSTEMS[type] ?? [`type 0x${type.toString(16)}`, null];
  return fault === null
    ? ok('filesystem', `${name} at ${folder}`)
    : warn('filesystem', `${folder} is on ${name}: ${fault}`, 'Put the data on a local disk with ZD_HOME or XDG_DATA_HOME.');
}

/** Only the daemon's own descriptors are of interest. */
function openFiles({ inside }: DoctorTarget): Check[] {
  if (!inside || process.platform !== 'linux') return [];
  const open = readdirSync('/proc/self/fd').length;
  const text = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const limit = text === undefined || text === 'unlimited' ? Infinity : Number(text);
  const detail = `${open} open of ${limit}`;
  if (open > limit * 0.8) return [fail('open_files', detail, 'Close clients, or raise the limit (ulimit -n, LimitNOFILE=).')];
  return [limit < 4096 ? warn('open_files', detail, 'Raise the limit to 4096 or more (ulimit -n, LimitNOFILE=).') : ok('open_files', detail)];
}

function inotify(): Check[] {
  if (process.platform !== 'linux') return [];
  const read = (name: string): number => Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8'));
  const watches = read('max_user_watches');
  const instances = read('max_user_instances');
  const detail = `${watches} watches, ${instances} instances per user`;
  const low = watches < 65_536 || instances < 128;
  return [
    low
      ? warn(
          'inotify',
          `${detail}: large trees cannot be watched`,
          'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
        )
      : ok('inotify', detail),
  ];
}

function runtimeDir({ paths, env }: DoctorTarget): Check {
  if (paths.home !== null) return ok('runtime_dir', `ZD_HOME is set; the socket is in ${paths.home}`);
  if (!env.XDG_RUNTIME_DIR) return ok('runtime_dir', `XDG_RUNTIME_DIR is not set; the socket is in ${paths.stateDir}`);
  if (paths.runtimeDir === paths.stateDir || !existsSync(env.XDG_RUNTIME_DIR))
    return warn(
      'runtime_dir',
      `XDG_RUNTIME_DIR (${env.XDG_RUNTIME_DIR}) cannot be used; the socket is in ${paths.stateDir}`,
      'Log in through the system, or unset XDG_RUNTIME_DIR.',
    );
  return ok('runtime_dir', paths.runtimeDir);
}

/** Whether the default home's service is installed, and survives the logout. `zd service status` knows more. */
function service({ paths, env }: DoctorTarget): Check[] {
  if (paths.home !== null || process.platform !== 'linux') return [];
  const folder = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(env.HOME ?? homedir(), '.config');
  if (!existsSync(join(folder, 'systemd', 'user', 'zd.service'))) return [ok('service', 'not installed; `zd service install` starts zd at login')];
  const user = userInfo().username;
  return [
    existsSync(`/var/lib/systemd/linger/${user}`)
      ? ok('service', 'installed, with linger')
      : warn('service', 'installed, and ends with the last session', `loginctl enable-linger ${user}`),
  ];
}
