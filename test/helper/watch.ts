import { expect } from 'bun:test';
import { mkdtempSync } from 'node:fs';
import { readEvents } from '../../src/kernel/event_stream';
import type { TestDaemon } from './daemon';
import type { ListenOptions } from './stream';

export interface Told {
  readonly id: string;
  readonly event: string;
  // Frames are checked by the tests themselves, member by member.
  readonly data: any;
}

/** A folder of its own below a home, so it goes with it. */
export const folderIn = (daemon: TestDaemon): string => mkdtempSync(`${daemon.home}/w-`);

/** An open stream of a watch; the watch is there when this resolves. */
export async function watchIn(daemon: TestDaemon, query: Record<string, string | number | boolean | readonly string[]>, init: ListenOptions = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const each of [value].flat()) parameters.append(name, String(each));
  const { tcp, ...rest } = init;
  const response = await daemon[tcp ? 'tcp' : 'fetch'](`/stream/watch?${parameters}`, rest);
  expect(response.status).toBe(200);
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  const next = async (): Promise<Told> => {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    return { ...value, data: JSON.parse(value.data) };
  };
  const base = typeof query.path === 'string' ? query.path : '';
  /** `create a`, `rename a → b`: what the frames say, up to and including the one that says `last`. */
  const upTo = async (last: string): Promise<string[]> => {
    const lines: string[] = [];
    while (lines.at(-1) !== last) lines.push(line(await next(), base));
    return lines;
  };
  return { next, upTo, events };
}

export function line({ event, data }: Told, base: string): string {
  const short = (path: string) => (path === base ? '.' : path.replace(`${base}/`, ''));
  if (event !== 'fs') return `${event} ${data.state ?? data.reason}`;
  return `${data.kind} ${data.from === undefined ? '' : `${short(data.from)} → `}${short(data.path)}`;
}
