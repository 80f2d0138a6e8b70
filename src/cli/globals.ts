import type { Args, Globals } from './command';
import { matchFlag } from './parse';

/** Flags every command takes, anywhere before `--`. A command's own flag of the same name comes first. */
export const GLOBAL_ARGS: Args = {
  json: { type: 'boolean', description: 'Print exactly the reply of the API' },
  quiet: { type: 'boolean', alias: 'q', description: 'Print ids or the essential value only' },
  timeout: { type: 'string', value: 'number', minimum: 0, valueHint: 'secs', description: 'Give up after this many seconds (exit 124)' },
  home: { type: 'string', valueHint: 'dir', suggest: 'folders', description: 'The daemon of this home (ZD_HOME)' },
  url: { type: 'string', valueHint: 'url', description: 'A daemon over TCP, for example http://127.0.0.1:7733 (ZD_URL)' },
  'token-file': { type: 'string', valueHint: 'file', suggest: 'files', description: 'The bearer token for --url (ZD_TOKEN, ZD_TOKEN_FILE)' },
  help: { type: 'boolean', alias: 'h', description: 'Show this help' },
};

export interface Word {
  readonly text: string;
  /** Its place in argv. */
  readonly at: number;
}

/** The words a command can be found by: those before the first flag that is not global. Global flags are stepped over with their values. */
export function leadingWords(argv: readonly string[]): readonly Word[] {
  const words: Word[] = [];
  for (let at = 0; at < argv.length; at++) {
    const text = argv[at]!;
    if (text === '--') break;
    if (!text.startsWith('-') || text === '-') {
      words.push({ text, at });
      continue;
    }
    const flag = matchFlag(text, GLOBAL_ARGS);
    if (!flag) break;
    if (flag.arg.type === 'string' && flag.text === undefined) at++;
  }
  return words;
}

/** The global flags out of parsed ones. */
export function toGlobals(values: Readonly<Record<string, unknown>>): Globals {
  const seconds = values.timeout as number | undefined;
  return {
    json: values.json === true,
    quiet: values.quiet === true,
    url: values.url as string | undefined,
    home: values.home as string | undefined,
    tokenFile: values['token-file'] as string | undefined,
    timeoutMs: seconds === undefined ? undefined : seconds * 1000,
  };
}
