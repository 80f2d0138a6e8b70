import { existsSync } from 'node:fs';
import type { Check } from '../areas/meta/service';
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
    await answers('socket_answers', socket, 'http://localhost/health', { unix: socket }),
    addresses?.tcp ? await answers('tcp_listener', at(addresses.tcp), `http://${at(addresses.tcp)}/health`, {}) : ok('tcp_listener', 'off'),
  ];
}

function at({ host, port }: { readonly host: string; readonly port: number }): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

async function answers(name: string, where: string, url: string, options: { readonly unix?: string }): Promise<Check> {
  try {
    const reply = await fetch(url, { ...options, signal: AbortSignal.timeout(ANSWER_MS), headers: { connection: 'close' } });
    await reply.text();
    return reply.ok ? ok(name, where) : fail(name, `${where} answers with status ${reply.status}`, 'See `zd logs`.');
  } catch (error) {
    return fail(name, `${where} does not answer (${error instanceof Error ? error.message : String(error)})`, 'zd restart');
  }
}
