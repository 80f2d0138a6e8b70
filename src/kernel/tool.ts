import type { Caller } from './caller';
import type { ZdError } from './error';

/** A call that an agent made through MCP. */
export interface ToolCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly requestId: string;
}

export type ToolOutcome = { readonly result: Readonly<Record<string, unknown>> } | { readonly error: ZdError };

/** Hears of every tool call: when it begins, and through what it returns when it has ended. Neither may throw or take its time. */
export type ToolWatcher = (call: ToolCall) => (outcome: ToolOutcome, millis: number) => void;

/**
 * Asked before a tool call runs, when its scope and its arguments were found good. What it throws is what the call fails with; it may wait for
 * somebody's answer, for as long as its own bound says or until the signal, which is made when it is asked for, aborts.
 */
export type ToolGate = (call: ToolCall, signal: () => AbortSignal) => void | Promise<void>;
