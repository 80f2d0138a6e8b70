import { existsSync } from 'node:fs';
import type { Check } from '../areas/meta/service';
import { reachable, statusOf, type Door } from './answer';
import { fail, ok, warn, type DoctorTarget } from './check';
import { isLocked } from './instance';

const ANSWER_MS = 2000;

/** The lock is held, the socket is there and answers, and so does the TCP listener. */
export async function checkListeners({ paths, addresses, inside }: DoctorTarget): Promise<Check[]> {
  const held = existsSync(paths.lockFile) && isLocked(paths.lockFile);
  if (!held && !inside) {
    const stale = existsSync(paths.socket) ? '; a socket was left behind, which the next start removes' : '';
    return [warn('instance_lock', `no daemon runs here${stale}`, 'zd up')];
  }
  const socket = addresses?.socket ?? paths.socket;
  return [
    held
      ? ok('instance_lock', 'held by the daemon')
      : fail('instance_lock', `${paths.lockFile} is not held; a second daemon could start`, 'zd restart'),
    existsSync(socket)
      ? ok('socket_present', socket)
      : fail('socket_present', `${socket} is gone`, 'Wait a second, the daemon makes it again; else zd restart.'),
    await answers('socket_answers', socket, { unix: socket }),
    addresses?.tcp ? await answers('tcp_listener', at(addresses.tcp), doorOf(addresses.tcp)) : ok('tcp_listener', 'off'),
  ];
}

type Tcp = { readonly host: string; readonly port: number };

const doorOf = ({ host, port }: Tcp): Door => ({ hostname: reachable(host), port });
const at = ({ host, port }: Tcp): string => `${reachable(host).includes(':') ? `[${reachable(host)}]` : reachable(host)}:${port}`;

async function answers(name: string, where: string, door: Door): Promise<Check> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`nothing in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  try {
    const status = await Promise.race([statusOf(door, '/health'), late.promise]);
    return status === 200 ? ok(name, where) : fail(name, `${where} answers with status ${status}`, 'See `zd logs`.');
  } catch (error) {
    return fail(name, `${where} does not answer (${error instanceof Error ? error.message : String(error)})`, 'zd restart');
  } finally {
    clearTimeout(timer);
  }
}
