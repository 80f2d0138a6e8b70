import { expect } from 'bun:test';
import type { TestDaemon } from './daemon';

export const NOW = 1_790_000_000_000_000_000;

export const event = (order_idx: number, kind: string, name: string, more: object = {}) => ({
  order_idx,
  ts_ns: NOW + order_idx * 1024,
  kind,
  name,
  ...more,
});
export const bundle = (shell_id: string, events: object[], more: object = {}) => ({
  shell_id,
  started_at_ns: NOW,
  finished_at_ns: NOW + 1024,
  events,
  ...more,
});

/** Calls of the definitions' operations that say what they expect. */
export function definitionCalls(daemon: () => TestDaemon) {
  let shells = 0;
  const ok = async (op: string, input: unknown = {}): Promise<any> => {
    const { status, body } = await daemon().call(op, input);
    expect([status, body.msg]).toEqual([200, undefined]);
    return body;
  };
  const refused = async (op: string, input: unknown): Promise<unknown[]> => {
    const { status, body } = await daemon().call(op, input);
    return [status, body.code, body.path];
  };
  const query = async (filter: object) => (await ok('definitions_query', filter)).records as any[];
  return {
    ok,
    refused,
    query,
    /** A shell no other test writes to. */
    shell: () => `tool:t${++shells}`,
    ingest: (shell_id: string, events: object[], more: object = {}) => ok('recorder_ingest', bundle(shell_id, events, more)),
    names: async (filter: object) => (await query(filter)).map(({ kind, name, value }) => [kind, name, value]),
  };
}
