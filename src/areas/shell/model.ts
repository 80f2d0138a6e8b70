import { ZdError } from '../../kernel/error';
import type { Shell, Target } from './service';

/** Tags of one shell. */
export const MAX_TAGS = 64;

/** Both lists as one, sorted bytewise and without doubles; throws `too_many`. */
export function merge(tags: readonly string[], more: readonly string[]): string[] {
  // The alphabet of tags is ASCII, where the order of units is that of bytes.
  const all = [...new Set([...tags, ...more])].toSorted((a, b) => (a < b ? -1 : 1));
  if (all.length > MAX_TAGS)
    throw new ZdError('too_many', `A shell has at most ${MAX_TAGS} tags, these are ${all.length}.`, { extra: { limit: MAX_TAGS } });
  return all;
}

/**
 * Which of the living shells a target means; the first member that is there counts, in the contract's order. `all` and `user` leave out who
 * asks, `tag` does so with `exclude_self`. Throws `bad_args`, `no_shell`, `user_mismatch`.
 */
export function resolveTarget(target: Target, self: number, shells: readonly Shell[], user: string): Shell[] {
  const others = () => shells.filter(({ id }) => id !== self);
  if (target.all !== undefined) {
    if (!target.all) throw new ZdError('bad_args', '/target/all: must be true, or left out', { path: '/target/all' });
    return others();
  }
  if (target.tag !== undefined) {
    const tagged = shells.filter(({ tags }) => tags.includes(target.tag!));
    return target.exclude_self ? tagged.filter(({ id }) => id !== self) : tagged;
  }
  if (target.shell_id !== undefined) return [one(shells, target.shell_id, '/target/shell_id')];
  if (target.self) return [one(shells, self, '/target/self')];
  if (target.user !== undefined) {
    if (user !== '' && target.user !== user)
      throw new ZdError('user_mismatch', `This daemon belongs to ${JSON.stringify(user)}.`, { path: '/target/user' });
    return others();
  }
  throw new ZdError('bad_args', '/target: needs one of all, tag, shell_id, self or user', { path: '/target' });
}

function one(shells: readonly Shell[], id: number, path: string): Shell {
  const found = shells.find((shell) => shell.id === id);
  if (!found) throw new ZdError('no_shell', id === 0 ? 'This call comes from no registered shell.' : `There is no shell ${id}.`, { path });
  return found;
}
