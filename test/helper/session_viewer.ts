import { expect } from 'bun:test';
import { readEvents } from '../../src/kernel/event_stream';
import type { TestDaemon } from './daemon';

export interface Heard {
  readonly id: string;
  readonly type: string;
  readonly data: any;
}

/** A viewer of a session, attached when this resolves. */
export async function watchSession(daemon: TestDaemon, id: string, search = '', headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const response = await daemon.fetch(`/stream/session?id=${id}${search && `&${search}`}`, { headers, signal: leave.signal });
  expect(response.status).toBe(200);
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  const next = async (): Promise<Heard> => {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    return { id: value.id, type: value.event, data: JSON.parse(value.data) };
  };
  /** Up to the first of a type. */
  const upTo = async (type: string): Promise<Heard[]> => {
    const heard: Heard[] = [];
    do heard.push(await next());
    while (heard.at(-1)!.type !== type);
    return heard;
  };
  return { next, upTo, leave: () => leave.abort() };
}

/** What is in the transcript; the rest was said to this viewer only. */
export const stored = (heard: readonly Heard[]) => heard.filter(({ type }) => !['live', 'lag', 'gap', 'ended', 'shutdown'].includes(type));
