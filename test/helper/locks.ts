import { expect } from 'bun:test';
import type { TestDaemon } from './daemon';
import { raw } from './raw';
import { until } from './until';

/** The lock operations of one daemon, as tests ask them. */
export function lockCalls(daemon: () => TestDaemon) {
  const call = (op: string, input: object = {}) => daemon().call(`lock_${op}`, input);
  const granted = async (op: string, input: object) => {
    const { status, body } = await call(op, input);
    expect({ status, code: body.code, msg: body.msg }).toEqual({ status: 200, code: undefined, msg: undefined });
    return body;
  };
  const refused = async (op: string, input: object) => {
    const { status, body } = await call(op, input);
    return [status, body.code];
  };
  const waiting = (name: string, count: number) =>
    until(`${count} wait`, async () => (await call('wait_info', { name })).body.waiting === count, 60_000);
  return { call, granted, refused, waiting };
}

/** A process that ends when it is told to. */
export const sleeper = () => Bun.spawn(['sleep', '1000']);
export const gone = async (child: Bun.Subprocess) => {
  child.kill('SIGKILL');
  await child.exited;
};

/** An operation over a connection of its own: fetch opens no more than 256 at once, and keeps the others waiting in the client. */
export async function alone(daemon: TestDaemon, op: string, input: object) {
  const body = JSON.stringify(input);
  const head = `POST /op/lock_${op} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const { status, text } = await raw(daemon, 'unix', head + body);
  expect([status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
}
