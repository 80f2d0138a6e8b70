import type { Server } from './servers';

/** One call of an operation on the socket; the reply as it came. Throws on a refusal. */
export async function callBytes(zd: Server, op: string, input: object): Promise<ArrayBuffer> {
  const init = { unix: zd.unix.unix, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) };
  const reply = await fetch(`http://zd/op/${op}`, init);
  if (!reply.ok) throw new Error(`${op}: ${await reply.text()}`);
  return reply.arrayBuffer();
}

export const call = async <Reply>(zd: Server, op: string, input: object): Promise<Reply> =>
  JSON.parse(new TextDecoder().decode(await callBytes(zd, op, input))) as Reply;
