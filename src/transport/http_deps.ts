import type { AnyElysia } from 'elysia';
import type { Identity } from '../kernel/caller';
import type { Dispatcher } from '../kernel/dispatch';
import type { Logger } from '../kernel/log';
import type { AccessRules } from './access';
import type { HealthSource } from './health';
import type { Mcp } from './mcp/endpoint';

export interface HttpLimits {
  /** Largest body of an op call in bytes, unless the op says otherwise. */
  readonly bodyBytes: number;
  readonly maxDepth: number;
  /** Requests in flight, streams included. */
  readonly connections: number;
  readonly streams: number;
  readonly streamsPerToken: number;
  /** Largest frame of a client that looks at a session, in bytes. */
  readonly frameBytes: number;
}

/** What the transport counts. The op itself is counted in dispatch. */
export interface HttpCounters {
  http(path: string, status: number): void;
  enter(): void;
  leave(): void;
  streamOpened(): void;
  streamClosed(): void;
  render(): string;
}

export interface HttpDeps {
  readonly dispatcher: Dispatcher;
  readonly rules: () => AccessRules;
  readonly limits: () => HttpLimits;
  readonly counters: HttpCounters;
  readonly log: Logger;
  readonly health: HealthSource;
  /** Whose key this is: of the shell a call comes from. */
  readonly speaker: (key: string) => Identity | null;
  /** What a browser gets and the API document, as an Elysia plugin. */
  readonly pages: AnyElysia;
  readonly mcp: Mcp;
}
