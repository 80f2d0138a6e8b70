import type { CommandDef } from 'citty';
import type { Client } from '../client/client';
import type { Env, Paths } from '../daemon/paths';
import type { Output } from './output';

/** What may be said of one argument beyond citty's own definition: our parser is stricter than citty's. */
export interface Arg {
  readonly type?: 'boolean' | 'string' | 'enum' | 'positional';
  readonly description?: string;
  readonly valueHint?: string;
  readonly alias?: string | readonly string[];
  readonly default?: string | boolean | number;
  readonly required?: boolean;
  readonly options?: readonly string[];
  /** What the text must be; text without it. `json-or-text` takes what parses as JSON, and everything else as a string. */
  readonly value?: 'integer' | 'number' | 'boolean' | 'json' | 'json-or-text';
  readonly minimum?: number;
  readonly maximum?: number;
  /** A flag that may be repeated, or the positional that takes all remaining words: an array. */
  readonly many?: boolean;
  /** A flag that takes all words behind it, whatever they look like; one `--` before them is left out. */
  readonly rest?: boolean;
  /** What a shell may complete beside `options`. */
  readonly suggest?: 'operations' | 'commands' | 'files' | 'folders';
}

export type Args = Readonly<Record<string, Arg>>;
export type Parsed = Readonly<Record<string, unknown>>;

/** Flags every command takes. */
export interface Globals {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly url?: string;
  readonly home?: string;
  readonly tokenFile?: string;
  /** `--timeout` in milliseconds. */
  readonly timeoutMs?: number;
}

/** What a running command works with. */
export interface Invocation {
  readonly globals: Globals;
  readonly env: Env;
  readonly paths: Paths;
  readonly out: Output;
  client(): Client;
  /** Aborts at Ctrl-C and SIGTERM; asking for it takes these signals over, so only commands that wait do. */
  interrupted(): AbortSignal;
}

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly hidden?: boolean;
  readonly args?: Args;
  /** Resolves with the exit code; nothing is 0. */
  readonly run: (args: Parsed, invocation: Invocation) => Promise<number | void> | number | void;
}

/** A citty command whose `run` gets the invocation through `data` and always answers with an exit code. */
export function command(spec: CommandSpec): CommandDef {
  return {
    meta: { name: spec.name, description: spec.summary, hidden: spec.hidden ?? false },
    args: { ...spec.args } as NonNullable<CommandDef['args']>,
    run: async ({ args, data }) => (await spec.run(args as Parsed, data as Invocation)) ?? 0,
  };
}

/** A command line that cannot be understood: exit 2, nothing was done. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'UsageError';
  }
}
