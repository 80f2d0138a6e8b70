import type { Identity } from '../../kernel/caller';
import type { Connection } from '../../kernel/connection';
import type { ProcessIdentity } from '../../kernel/process';

/** What rings at a shell that has no connection. Both are ignored by a program that does not expect them. */
export type Bell = 'SIGWINCH' | 'SIGURG';

/** A registered shell, for as long as its process lives. */
export interface Shell {
  /** From 1, never given twice. */
  readonly id: number;
  readonly process: ProcessIdentity;
  readonly tty: string | null;
  readonly cwd: string | null;
  readonly argv0: string | null;
  /** Sorted bytewise. */
  readonly tags: readonly string[];
  /** Whether it runs commands it is sent. */
  readonly acceptSend: boolean;
  readonly bell: Bell | null;
  /** Milliseconds since the Unix epoch. */
  readonly registeredAt: number;
}

/** `undefined` leaves a value as it is, null clears it. */
export interface Registration {
  readonly pid: number;
  /** Null: one is made. */
  readonly key: string | null;
  readonly cwd?: string | null;
  readonly tty?: string | null;
  readonly argv0?: string | null;
  readonly tags: readonly string[];
  readonly acceptSend?: boolean;
  readonly bell?: Bell | null;
  /** The shell whose call it is, 0 for none. */
  readonly by: number;
}

export interface Target {
  readonly all?: boolean;
  readonly tag?: string;
  readonly shell_id?: number;
  readonly user?: string;
  readonly self?: boolean;
  readonly exclude_self?: boolean;
}

export interface Answer {
  readonly shell_id: number;
  readonly exit_code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ts_ns: number;
}

/** What became of a command that was sent. */
export interface Sent {
  readonly deliveryId: string;
  readonly delivered: readonly number[];
  /** Accepting shells that nothing could be brought to. */
  readonly missed: readonly number[];
  /** Shells that did not opt in. */
  readonly refused: readonly number[];
  /** In the order in which they came. */
  readonly answers: readonly Answer[];
  readonly timedOut: boolean;
}

/** What waits for a shell that fetches: a command to run, or a text to show. */
export interface Parcel {
  readonly kind: 'command' | 'notify' | 'ask';
  readonly delivery_id: string;
  readonly from_shell: number;
  readonly text: string;
  readonly urgency: string;
}

/** The shells of this machine that registered. Promises resolve when what they tell is committed; what is thrown is a `ZdError`. */
export interface ShellService {
  /** Throws `no_such_process`, `foreign_shell` when the shell is registered with another key, `too_many`. `key` is told when it was made here. */
  register(wish: Registration): Promise<{ readonly shell: Shell; readonly key: string | null }>;
  /** False: there is no such shell. */
  unregister(id: number): Promise<boolean>;
  /** Only those whose process lives, by id. */
  living(): Shell[];
  find(id: number): Shell | undefined;
  /** The shell whose call it is; undefined for a call from elsewhere. */
  callerOf(caller: { readonly source: string }): Shell | undefined;
  identityOf(key: string): Identity | null;
  /** Adds and removes tags; throws `too_many`. */
  retag(id: number, change: (tags: readonly string[]) => readonly string[]): Promise<Shell>;
  /** The living shells a target means; throws `no_shell`, `user_mismatch`, `bad_args`. `self` is the shell that asks, 0 for none. */
  resolve(target: Target, self: number): Shell[];
  /** Hears of every shell that went, once it is committed. */
  onGone(listener: (id: number) => void): void;

  /** Connections that hear what is sent to their shell, and what is told to all. Ends with the connection. */
  join(connection: Connection, id: number): number;
  connectionsOf(id: number): number;
  /** Queues a frame to each live connection of a shell, but for one; how many took it. */
  tell(id: number, event: string, data: object, except?: Connection): number;
  /** The same to every connection that joined, but for those of one shell. */
  broadcast(event: string, data: object, exceptShell: number): number;
  /** Puts something into the box of a shell that fetches, and rings there. False: it has no bell, or too much waits already. */
  ring(shell: Shell, parcel: Parcel, ttlMs: number): boolean;
  /** Empties the box of a shell. */
  fetch(id: number): Parcel[];

  /** Brings a command to shells; with `wait`, resolves when all of them answered, ended, or the time is over. */
  send(from: number, command: string, target: Target, wait: boolean, timeoutMs: number, signal: () => AbortSignal): Promise<Sent>;
  /** False: nobody waits for it (any more). Throws `not_target`. */
  answer(deliveryId: string, shell: number, said: Omit<Answer, 'shell_id' | 'ts_ns'>): boolean;
  /** A number for a caller that has no other. */
  nextClient(): number;
}

declare module '../../kernel/context' {
  interface Services {
    readonly shells: ShellService;
  }
}
