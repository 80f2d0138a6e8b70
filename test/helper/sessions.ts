import { expect } from 'bun:test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestDaemon } from './daemon';
import { until } from './until';

const AGENT = resolve(import.meta.dir, 'scripted_agent.ts');

/** Configuration of the scripted agent under a name. */
export const scripted = (name: string, flags: readonly string[] = [], more = ''): string =>
  `[agents.${name}]\ndriver = "acp"\ncommand = ${JSON.stringify([process.execPath, AGENT, ...flags])}\n${more}\n`;

export interface Told {
  readonly ts_ns: number;
  readonly seq: number;
  readonly turn_id: string | null;
  readonly type: string;
  readonly data: Record<string, any>;
  readonly raw?: string[];
}

/** Calls of the session operations that expect to succeed. */
export function sessionCalls(daemon: () => TestDaemon) {
  const ok = async (op: string, input: unknown): Promise<any> => {
    const { status, body } = await daemon().call(op, input);
    expect([op, status, body.code, body.msg]).toEqual([op, 200, undefined, undefined]);
    return body;
  };
  const refused = async (op: string, input: unknown): Promise<[number, string]> => {
    const { status, body } = await daemon().call(op, input);
    return [status, body.code];
  };
  return {
    ok,
    refused,
    async open(agent: string, more: Record<string, unknown> = {}): Promise<string> {
      return (await ok('session_new', { agent, cwd: daemon().home, ...more })).session_id;
    },
    /** One turn to its end, or to an approval. */
    say: (id: string, text: string): Promise<any> => ok('session_prompt', { id, text, wait_secs: 60 }),
    begin: (id: string, text: string): Promise<any> => ok('session_prompt', { id, text }),
    async told(id: string, more: Record<string, unknown> = {}): Promise<Told[]> {
      const all: Told[] = [];
      for (let since: number | null = 0; since !== null;) {
        const page: { events: Told[]; next_since: number | null } = await ok('session_history', { id, since, limit: 5000, ...more });
        all.push(...page.events);
        since = page.next_since;
      }
      return all;
    },
    waitFor: (id: string, state: string) =>
      until(`${id} is ${state}`, async () => {
        const info = await ok('session_info', { id });
        return info.state === state ? info : undefined;
      }),
  };
}

/** Contents of all pieces of one type, one after the other. */
export const textOf = (events: readonly Told[], type = 'text'): string =>
  events
    .filter((event) => event.type === type)
    .map(({ data }) => data.content)
    .join('');

/** Whether there is a process, and not only what a parent has yet to reap. */
export const isRunning = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};
