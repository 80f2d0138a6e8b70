import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { ViewerClient } from '../helper/viewer';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: [scripted('agent')].join('\n') });
});
const { open } = sessionCalls(() => daemon);

test('a turn frame by frame', async () => {
  const id = await open('agent');
  const client = await ViewerClient.open(daemon, { query: `?session=${id}` });
  const ack = await client.ask({ type: 'message', content: 'think:let_me say:Hello tool:bash usage' });
  expect(ack).toMatchObject({ type: 'ack', of: 'message', turn_id: `${id}.1`, disposition: 'started' });
  await client.ended(`${id}.1`);
  console.log(client.frames);
  console.log(await client.ask({ type: 'status' }), await client.ask({ type: 'history' }));
  client.close();
});
