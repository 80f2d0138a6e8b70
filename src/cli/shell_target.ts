import { UsageError, type Args, type Parsed } from './command';

/** How a command says which shells it means. */
export const TARGET_ARGS: Args = {
  shell: { type: 'string', value: 'integer', minimum: 1, alias: 's', valueHint: 'id', description: 'One shell, by its number (see zd shell list)' },
  all: { type: 'boolean', description: 'Every shell but this one' },
  tag: { type: 'string', valueHint: 'name', description: 'Every shell with this tag' },
  self: { type: 'boolean', description: 'This shell' },
  user: { type: 'string', valueHint: 'name', description: 'The user of the daemon: the same as --all' },
};

/** Exactly one of them. */
export function targetOf(args: Parsed): Record<string, unknown> {
  const { shell, all, tag, self, user } = args;
  const named = Object.entries({ shell_id: shell, all: all === true ? true : undefined, tag, self: self === true ? true : undefined, user });
  const given = named.filter(([, value]) => value !== undefined);
  if (given.length !== 1) throw new UsageError('say which shells: one of --shell ID, --tag NAME, --all, --self or --user NAME', 'See: zd shell list');
  return Object.fromEntries(given);
}
