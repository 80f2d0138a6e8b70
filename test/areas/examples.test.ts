import { beforeAll, expect, test } from 'bun:test';
import { areas } from '../../src/areas';
import { Registry } from '../../src/kernel/registry';
import { checker } from '../../src/kernel/validate';
import { TestBroker } from '../helper/broker';
import { startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { scripted } from '../helper/sessions';
import { openSocket } from '../helper/socket';

const registry = new Registry(areas);
let daemon: TestDaemon;

beforeAll(async () => {
  // What no fresh daemon has is what the examples of sessions need: an agent.
  daemon = await startDaemon({ config: scripted('example') });
  // What makes a mesh needs a broker; it finds the one of its home.
  await new TestBroker(daemon.home, [], ZD).start();
});

for (const op of registry.ops.values()) {
  test(`the example of ${op.name} works, and its reply is what the schema says`, async () => {
    for (const step of op.exampleSetup ?? []) expect((await daemon.call(step.op, step.input)).status).toBe(200);
    // What belongs to a connection needs one.
    const socket = op.errors.includes('no_session') ? await openSocket(daemon) : null;
    const { status, body } = socket ? { status: 200, body: await socket.call(op.name, op.example) } : await daemon.call(op.name, op.example);
    socket?.ws.close();
    expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
    const { id: _, ok, ...reply } = body;
    expect(ok).toBe(true);
    expect([...checker(op.output).Errors(reply)].map(({ path, message }) => `${path} ${message}`)).toEqual([]);
  });
}

test('every op is published, in bytewise order', async () => {
  const { ops } = (await (await daemon.fetch('/ops')).json()) as { ops: string[] };
  expect(ops).toEqual([...registry.ops.keys()].toSorted((a, b) => (a < b ? -1 : 1)));
});
