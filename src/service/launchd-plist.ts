import template from '../../launchd/dev.zd.daemon.plist' with { type: 'text' };
import type { Program } from './program';
import { fill, refuseUnprintable } from './template';

export const PLIST_MARK = '<!-- Written by `zd service install`';

/** `Aqua`: loaded at a login on the screen. `Background`: at any login, for machines without one. */
export type SessionType = 'Aqua' | 'Background';

/** A property list cannot unset a variable; the runtime takes an empty one as absent. */
const NEUTRALISED = ['BUN_BE_BUN', 'BUN_OPTIONS', 'BUN_INSPECT', 'BUN_INSPECT_PRELOAD', 'BUN_INSPECT_CONNECT_TO', 'BUN_INSPECT_NOTIFY'];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
export const escapeXml = (text: string): string => text.replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);
const unescapeXml = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const string = (text: string): string => `    <string>${escapeXml(text)}</string>`;

/** The text of the agent. Throws `bad_args` for a path that XML cannot hold. */
export function renderPlist(label: string, program: Program, session: SessionType, errorLog: string): string {
  for (const word of program.argv) refuseUnprintable('The path', word);
  for (const value of [...Object.values(program.env), errorLog]) refuseUnprintable('The folder', value);
  const env = { ...Object.fromEntries(NEUTRALISED.map((name) => [name, ''])), ...program.env };
  return fill(template, {
    LABEL: escapeXml(label),
    ARGUMENTS: [...program.argv, '__daemon'].map(string).join('\n'),
    ENVIRONMENT: Object.entries(env)
      .map(([name, value]) => `    <key>${escapeXml(name)}</key>\n${string(value)}`)
      .join('\n'),
    SESSION_TYPE: session,
    ERROR_LOG: escapeXml(errorLog),
  });
}

/** The command an agent of ours starts, without the word for the daemon; null when it is not ours. */
export function plistCommand(text: string): readonly string[] | null {
  const list = /<key>ProgramArguments<\/key>\s*<array>([\s\S]*?)<\/array>/.exec(text)?.[1];
  if (!text.includes(PLIST_MARK) || list === undefined) return null;
  const argv = [...list.matchAll(/<string>([\s\S]*?)<\/string>/g)].map((match) => unescapeXml(match[1] ?? ''));
  return argv.length > 1 ? argv.slice(0, -1) : null;
}
