import { keeperOf } from '../../kernel/caller';
import type { Connection } from '../../kernel/connection';
import type { Call } from '../../kernel/context';
import { uniqueId } from '../../kernel/ids';
import type { WatchService } from './service';

const owners = new WeakMap<Connection, string>();

/** Whose a watch is: of the connection that made it, with which it ends, or else of the token or the one user of the unix socket. */
export function ownerOf({ caller, connection }: Pick<Call, 'caller' | 'connection'>, watch: Pick<WatchService, 'releaseOwner'>): string {
  if (!connection) return keeperOf(caller);
  const known = owners.get(connection);
  if (known !== undefined) return known;
  const owner = `connection:${uniqueId()}`;
  owners.set(connection, owner);
  connection.signal.addEventListener('abort', () => watch.releaseOwner(owner), { once: true });
  return owner;
}
