import type { CommandDef } from 'citty';
import { renderUsage } from 'citty';
import { stripVTControlCharacters } from 'node:util';
import type { Arg } from './command';
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
  const named = { ...command, meta: { ...(command.meta as object), name: where, description: (command.meta as { description?: string } | undefined)?.description ?? '' } };
  const usage = await renderUsage(command.subCommands ? named : { ...named, args: { ...shown(command), ...shown({ args: GLOBAL_ARGS as never }) } as never });
  const title = usage.split('\n', 1)[0]!;
  const text = `${named.meta.description}${usage.slice(title.length)}\n${where === 'zd' ? ROOT_FOOTER : ''}`;
  const plain = text.replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n');
  return colored ? plain : stripVTControlCharacters(plain);
}

/** Definitions as citty shows them: what repeats says so. */
function shown(command: Pick<CommandDef, 'args'>): Record<string, Arg> {
  const args = Object.entries((command.args ?? {}) as Record<string, Arg>);
  return Object.fromEntries(args.map(([name, arg]) => {
    const aliases = typeof arg.alias === 'string' ? [arg.alias] : arg.alias;
    const enumerated = arg.type === 'positional' && arg.options ? `${arg.description ?? ''} [${arg.options.join('|')}]`.trim() : arg.description;
    const label = arg.many && arg.type === 'positional' ? `${name}...` : name;
    return [label, { ...arg, description: enumerated, alias: aliases } as Arg];
  }));
}
