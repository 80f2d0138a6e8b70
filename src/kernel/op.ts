import type { Static, TObject } from '@sinclair/typebox';
import type { Scope } from './caller';
import type { Code } from './codes';
import type { Call, Services } from './context';

/** How an op or stream appears on the command line. Absent: only `zd call`. */
export interface CliHints<K extends string = string> {
  /** The words of the verb, for example ['cache', 'put']. */
  readonly path: readonly [string, ...string[]];
  /** Input fields taken by position, in order. The last one may be variadic through `rest`. */
  readonly positional?: readonly K[];
  /** The positional that takes all remaining words as an array. */
  readonly rest?: K;
  /** Field → flag name; the default is the field with dashes. */
  readonly rename?: Partial<Record<K, string>>;
  /** Fields whose text is parsed as JSON when it is valid JSON, else taken as a string. */
  readonly json?: readonly K[];
  /** Fields that name a file or folder: the command line makes them absolute, seen from where it runs. */
  readonly paths?: readonly K[];
  /** The output field a pipe gets; the whole reply without it. `null`: print nothing but the exit code. */
  readonly essential?: string | null;
  /** Output field that holds the rows of a table, and its columns. */
  readonly table?: {
    readonly rows: string;
    readonly columns?: readonly string[];
    /** Columns with times that a person reads as `in 5m` or `2h ago`. */
    readonly relative?: readonly string[];
    /** Columns with argument lists, which a person reads as one command line. */
    readonly commandLine?: readonly string[];
  };
}

interface Described {
  /** The wire name: `POST /op/NAME`. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
}

export interface OpSpec<I extends TObject, O extends TObject, E extends Code> extends Described {
  /** MCP hints and audit: `read` changes nothing, `destructive` loses data. */
  readonly effect: 'read' | 'write' | 'destructive';
  readonly input: I;
  readonly output: O;
  readonly errors: readonly E[];
  readonly cli?: CliHints<Extract<keyof Static<I>, string>>;
  /** A call that succeeds on a fresh daemon once `exampleSetup` has run. The tests call it. */
  readonly example: Static<I>;
  readonly exampleSetup?: readonly { readonly op: string; readonly input: Readonly<Record<string, unknown>> }[];
  /** Largest request body in bytes; the transport's default otherwise. */
  readonly maxBody?: number;
  /** A body in which a member of an object stands twice is refused; `JSON.parse` would keep the last one in silence. */
  readonly uniqueKeys?: boolean;
  /** Waits as long as the caller says, so the transport's limit for silent connections does not hold. */
  readonly waits?: boolean;
  readonly handle: (services: Services, input: Static<I>, call: Call<E>) => Static<O> | Promise<Static<O>>;
}

/** An op with its types erased: what registry, transports and documents work with. */
export interface Op extends Described {
  readonly kind: 'op';
  readonly effect: 'read' | 'write' | 'destructive';
  readonly input: TObject;
  readonly output: TObject;
  readonly errors: readonly Code[];
  readonly cli?: CliHints;
  readonly example: Readonly<Record<string, unknown>>;
  readonly exampleSetup?: readonly { readonly op: string; readonly input: Readonly<Record<string, unknown>> }[];
  readonly maxBody?: number;
  readonly uniqueKeys?: boolean;
  readonly waits?: boolean;
  readonly handle: (services: Services, input: never, call: Call) => unknown;
}

/** Declares one operation. Everything about it on every transport is derived from this value. */
export function defineOp<const N extends string, I extends TObject, O extends TObject, const E extends Code = never>(
  spec: OpSpec<I, O, E> & { readonly name: N },
): Op & { readonly name: N; readonly input: I; readonly output: O } {
  return { kind: 'op', ...spec } as unknown as Op & { readonly name: N; readonly input: I; readonly output: O };
}
