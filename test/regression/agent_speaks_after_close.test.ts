import { expect, test } from 'bun:test';
import { AcpLink } from '../../src/areas/session/acp_link';

/** A question of an agent whose connection was just closed threw in nobody's hands, and took the daemon with it. */
test('what an agent says when its connection is closed already is for nobody', async () => {
  const link = new AcpLink(() => {}, { garbage: () => {}, update: () => {}, notification: () => {} });
  const reader = link.stream.readable.getReader();
  const asked = '{"jsonrpc":"2.0","id":1,"method":"session/request_permission","params":{}}';
  link.received(asked);
  expect((await reader.read()).value).toMatchObject({ id: 1 });
  await reader.cancel();
  expect(() => link.received(asked)).not.toThrow();
});
