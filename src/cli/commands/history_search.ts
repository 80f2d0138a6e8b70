import { EXIT } from '../../kernel/code_info';
import type { Reply } from '../../client/client';
import { command, type Invocation } from '../command';
import { pick, type Search } from '../history_picker';
import { MODES, type Mode } from '../picker';
import { Terminal } from '../terminal';

/** Choices that are fetched at once; nobody scrolls further without typing. */
const LIMIT = 200;

export const historySearch = command({
  name: 'history search',
  summary: 'Search the history as you type and print the choice; with words, print what they find',
  args: {
    words: { type: 'positional', many: true, required: false, description: 'What to look for; without any, choose on the terminal' },
    query: { type: 'string', valueHint: 'text', description: 'What is in the prompt at first' },
    mode: { type: 'enum', options: MODES, default: 'fuzzy', description: 'How to look: letters in order, a part, the beginning, or words' },
    cwd: { type: 'string', valueHint: 'dir', suggest: 'folders', description: 'Only what was run in this folder' },
    session: { type: 'string', valueHint: 'text', description: 'Only what was run in this session' },
    limit: {
      type: 'string',
      alias: 'n',
      value: 'integer',
      minimum: 1,
      maximum: 1000,
      valueHint: 'n',
      description: 'Print at most so many (default 100)',
    },
  },
  run: async (args, invocation) => {
    const words = (args.words as string[] | undefined) ?? [];
    const mode = args.mode as Mode;
    const given = { cwd: args.cwd as string | undefined, session: args.session as string | undefined };
    if (words.length > 0) return list(words.join(' '), mode, given, (args.limit as number | undefined) ?? 100, invocation);
    const terminal = invocation.globals.json ? null : Terminal.open();
    const text = (args.query as string | undefined) ?? '';
    if (!terminal) return list(text, mode, given, (args.limit as number | undefined) ?? 100, invocation);
    const chosen = await choose(terminal, text, mode, given, invocation);
    if (chosen === null) return EXIT.interrupted;
    invocation.out.line(chosen);
    return EXIT.ok;
  },
});

interface Given {
  readonly cwd?: string;
  readonly session?: string;
}

async function choose(terminal: Terminal, text: string, mode: Mode, { cwd, session }: Given, invocation: Invocation): Promise<string | null> {
  const { client, env, interrupted } = invocation;
  const search: Search = async (picker, budgetMs, signal) => {
    const inFolder = cwd ?? (picker.place === 'folder' ? process.cwd() : undefined);
    const inSession = session ?? (picker.place === 'session' ? env.ZD_SESSION : undefined);
    const input = queryOf(picker.text, picker.mode, { cwd: inFolder, session: inSession }, LIMIT, budgetMs);
    const { value } = await client().send('history_query', JSON.stringify(input), { signal });
    return { choices: value.rows as never, complete: value.complete === true };
  };
  const places = ['everywhere', ...(cwd ? [] : ['folder']), ...(env.ZD_SESSION && !session ? ['session'] : [])] as const;
  try {
    return await pick(terminal, { text, mode, places: places as never, color: !env.NO_COLOR && env.TERM !== 'dumb', search, signal: interrupted() });
  } finally {
    terminal.close();
  }
}

/** Small letters find capitals too. */
const smallOnly = (text: string): boolean => text === text.toLowerCase();

function queryOf(filter: string, mode: Mode, { cwd, session }: Given, limit: number, budgetMs: number): Record<string, unknown> {
  return {
    ...{ filter, mode, limit, budget_ms: budgetMs, distinct: true },
    ...(smallOnly(filter) ? { ignore_case: true } : {}),
    ...(cwd === undefined ? {} : { cwd }),
    ...(session === undefined ? {} : { sessid: session }),
  };
}

/** How long it may look when nobody waits for the next key. */
const PATIENT_MS = 2000;

async function list(filter: string, mode: Mode, given: Given, limit: number, { client, globals, out }: Invocation): Promise<number> {
  const reply: Reply = await client().send('history_query', JSON.stringify(queryOf(filter, mode, given, limit, PATIENT_MS)), {
    timeoutMs: globals.timeoutMs,
  });
  const columns = out.terminal && !globals.quiet ? ['ts_ns', 'exit_code', 'line'] : ['line'];
  await out.reply(reply, { table: { rows: 'rows', columns, relative: ['ts_ns'] } });
  return (reply.value.rows as unknown[]).length > 0 ? EXIT.ok : EXIT.failure;
}
