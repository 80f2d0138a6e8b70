import type { CommandDef } from 'citty';
import { renderUsage } from 'citty';
import { stripVTControlCharacters } from 'node:util';
import type { Arg, Args } from './command';
import { GLOBAL_ARGS } from './globals';

const ROOT_FOOTER = `
EXIT CODES

  0 ok   1 failure   2 usage   3 daemon not running   4 not found   5 refused   6 conflict or busy   124 timed out   130 interrupted

ENVIRONMENT

  ZD_HOME         where config, data, state and socket live (default: the XDG folders)
  ZD_SOCKET       the socket to ask, when it is not the daemon's own
  ZD_URL          a daemon over TCP; ZD_TOKEN or ZD_TOKEN_FILE is its bearer token
  NO_COLOR        no colours
`;

/** The help of one command or group, with a line break at its end. */
export async function helpText(command: CommandDef, where: string, colored: boolean): Promise<string> {
  const named = {
    ...command,
    meta: { ...(command.meta as object), name: where, description: (command.meta as { description?: string } | undefined)?.description ?? '' },
  };
  const own = shown((command.args ?? {}) as Args);
  const usage = await renderUsage(command.subCommands ? named : { ...named, args: { ...own, ...shown(GLOBAL_ARGS), ...own } as never });
  const [title = '', blank = '', synopsis = ''] = usage.split('\n', 3);
  // citty joins all names of a group into the synopsis, which for a long list says nothing.
  const shortened = command.subCommands ? synopsis.slice(0, synopsis.indexOf(where) + where.length) + ' <command>' : synopsis;
  const text = `${named.meta.description}\n${blank}\n${shortened}${usage.slice(title.length + blank.length + synopsis.length + 2)}\n${where === 'zd' ? ROOT_FOOTER : ''}`;
  // Colours go first: one of them may stand between a blank and the end of its line.
  return (colored ? text : stripVTControlCharacters(text)).replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n');
}

/** Definitions as citty shows them: what repeats says so, what is on by default by the flag that turns it off. */
function shown(args: Args): Record<string, Arg> {
  return Object.fromEntries(
    Object.entries(args).map(([name, arg]) => {
      const positional = arg.type === 'positional';
      const on = arg.type === 'boolean' && arg.default === true;
      const description = positional && arg.options ? `${arg.description ?? ''} [${arg.options.join('|')}]`.trim() : arg.description;
      const label = on ? `no-${name}` : arg.many && positional ? `${name}...` : name;
      return [label, { ...arg, description, default: on ? undefined : arg.default }];
    }),
  );
}
