import { readFileSync } from 'node:fs';
import { resolvePaths, type DaemonRecord, type Env, type Paths } from '../daemon/paths';
import { ClientError } from './error';

/** Where the daemon is asked. The token is read only when it is needed. */
export type Address =
  { readonly kind: 'unix'; readonly socket: string } | { readonly kind: 'tcp'; readonly url: string; readonly token: () => string | null };

export interface AddressFlags {
  readonly url?: string;
  readonly tokenFile?: string;
}

/**
 * A URL (flag, then `ZD_URL`), else a socket: `ZD_SOCKET`, then what the running daemon wrote about itself, then the default path.
 * The daemon's word comes before the default because the default follows `XDG_RUNTIME_DIR`, which differs between shells.
 */
export function findAddress(env: Env, flags: AddressFlags = {}): Address {
  const url = flags.url ?? env.ZD_URL;
  if (url) {
    const base = baseOf(url);
    return { kind: 'tcp', url: base.origin, token: () => tokenFor(base, env, flags) };
  }
  if (env.ZD_SOCKET) return { kind: 'unix', socket: env.ZD_SOCKET };
  const paths = resolvePaths(env);
  return { kind: 'unix', socket: readRecord(paths)?.socket ?? paths.socket };
}

/** What the running daemon, or one that was killed, wrote about itself; null when there is nothing readable. */
export function readRecord(paths: Paths): DaemonRecord | null {
  try {
    const record = JSON.parse(readFileSync(paths.daemonFile, 'utf8')) as DaemonRecord;
    return typeof record.socket === 'string' && typeof record.pid === 'number' ? record : null;
  } catch {
    return null;
  }
}

function baseOf(url: string): URL {
  const base = URL.parse(url);
  if (!base || (base.protocol !== 'http:' && base.protocol !== 'https:')) {
    throw new ClientError('bad_url', `"${url}" is not an http address`, 'Give an address such as http://127.0.0.1:7733', 2);
  }
  if (base.username || base.password)
    throw new ClientError('bad_url', 'the address may not hold credentials', 'Put the token into ZD_TOKEN or a file named with --token-file', 2);
  return base;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The generated token of this home goes to loopback addresses only, so a mistyped host never sees it. */
function tokenFor(base: URL, env: Env, flags: AddressFlags): string | null {
  if (flags.tokenFile) return fileToken(flags.tokenFile);
  if (env.ZD_TOKEN) return env.ZD_TOKEN;
  if (env.ZD_TOKEN_FILE) return fileToken(env.ZD_TOKEN_FILE);
  if (!LOOPBACK.test(base.hostname)) return null;
  try {
    return readFileSync(resolvePaths(env).tokenFile, 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function fileToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ClientError('bad_token_file', `the token file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, '', 2);
  }
}
