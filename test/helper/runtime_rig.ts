import { expect } from 'bun:test';
import type { Client } from '@modelcontextprotocol/client';
import { readEvents } from '../../src/kernel/event_stream';
import type { TestDaemon } from './daemon';
import { overHttp } from './mcp';

export interface RuntimeFrame {
  readonly id: string | undefined;
  readonly event: string;
  // Envelopes are checked by the tests themselves, member by member.
  readonly data: any;
}

/** An open /stream/runtime, subscribed when this resolves. */
export async function hearRuntime(daemon: TestDaemon, search = '', headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await daemon.fetch(`/stream/runtime${search}`, { headers, signal: leaving.signal });
  expect(response.status).toBe(200);
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  return {
    next: async (): Promise<RuntimeFrame> => {
      const { value, done } = await events.next();
      if (done) throw new Error('the stream ended');
      return { id: value.id, event: value.event, data: JSON.parse(value.data) };
    },
    close: () => leaving.abort(),
  };
}

/** An agent: the official client with the runtime tools, and what else is allowed. */
export async function agentOf(daemon: TestDaemon, query = '?allow=*', token = daemon.token) {
  const client: Client = await overHttp(daemon, 'current', query, token);
  return {
    /** The reply of a tool, or its failure. */
    async call(name: string, args: Record<string, unknown>): Promise<{ ok: boolean; body: any }> {
      const result = await client.callTool({ name, arguments: args });
      if (result.isError) return { ok: false, body: (result as { _meta?: Record<string, unknown> })._meta!['zd/failure'] };
      return { ok: true, body: result.structuredContent };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
export const LEASE = 'a-lease-of-the-tests';
