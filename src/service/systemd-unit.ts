import template from '../../systemd/zd.service' with { type: 'text' };
import { ZdError } from '../kernel/error';
import type { Program } from './program';
import { fill, refuseUnprintable } from './template';

/** Stands in every unit we write; a file without it is somebody else's and is never touched. */
export const UNIT_MARK = '# Written by `zd service install`';

/** One word of a unit file: in double quotes, with C escapes, and `%` doubled because it starts a specifier (systemd.syntax(7)). */
export const quoteWord = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;

/** An argument of `ExecStart=`: `$` is doubled too, because systemd expands variables in it (systemd.service(5), "Command lines"). */
const quoteArgument = (text: string): string => quoteWord(text.replaceAll('$', () => '$$'));

/** The command line; the first word is a path, which takes specifiers but no variables, and no quotes or backslashes at all. */
function commandLine(argv: readonly string[]): string {
  const [path = '', ...rest] = argv;
  if (/["'\\]/.test(path)) {
    throw new ZdError('bad_args', `systemd does not start programs with a quote or backslash in their path: ${path}`, {
      hint: 'Move the program and install again.',
    });
  }
  return [quoteWord(path), ...rest.map(quoteArgument)].join(' ');
}

/** The text of the unit. Throws `bad_args` for a path that a unit cannot name. */
export function renderUnit(unit: string, program: Program): string {
  for (const word of program.argv) refuseUnprintable('The path', word);
  for (const value of [...Object.values(program.env), program.logFile]) refuseUnprintable('The folder', value);
  const home = program.env.ZD_HOME;
  return fill(template, {
    UNIT: unit,
    SUFFIX: home === undefined ? '' : ` (${home.replaceAll('%', '%%')})`,
    COMMAND: commandLine(program.argv),
    ARGV: JSON.stringify(program.argv),
    ENVIRONMENT: Object.entries(program.env)
      .map(([name, value]) => `Environment=${quoteWord(`${name}=${value}`)}`)
      .join('\n'),
    LOG: program.logFile,
  });
}

/** The command a unit of ours starts, or null when it is not ours or was edited beyond recognition. */
export function unitCommand(text: string): readonly string[] | null {
  const line = /^\[X-Zd\]\nCommand=([^\n]*)$/m.exec(text)?.[1];
  if (!text.includes(UNIT_MARK) || line === undefined) return null;
  try {
    const argv: unknown = JSON.parse(line);
    return Array.isArray(argv) && argv.every((word) => typeof word === 'string') ? argv : null;
  } catch {
    return null;
  }
}
