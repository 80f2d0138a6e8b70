import { expect } from 'bun:test';
import { readEvents, type StreamEvent } from '../../src/kernel/event_stream';
import type { TestDaemon } from './daemon';

export type ListenOptions = RequestInit & { readonly tcp?: boolean };

export interface Heard extends Omit<StreamEvent, 'data'> {
  data: any;
}

/** An open stream, subscribed when this resolves. */
export async function listenTo(daemon: TestDaemon, search = '', init: ListenOptions = {}) {
  const { tcp, ...rest } = init;
  const path = `/stream/events${search && `?${search}`}`;
  const response = await daemon[tcp ? 'tcp' : 'fetch'](path, rest);
  expect(response.status).toBe(200);
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  const next = async (): Promise<Heard> => {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    return { ...value, data: JSON.parse(value.data) };
  };
  const take = async (count: number): Promise<Heard[]> => {
    const heard: Heard[] = [];
    while (heard.length < count) heard.push(await next());
    return heard;
  };
  return { response, next, take, events };
}

/** Publishes and expects it to be acknowledged. */
export async function publishTo(daemon: TestDaemon, topic: string, data?: unknown) {
  const { status, body } = await daemon.call('publish', data === undefined ? { topic } : { topic, data });
  expect([status, body.ok]).toEqual([200, true]);
  return body as { delivered_to: number; seq: number; event_id: string; ts_ns: number };
}
