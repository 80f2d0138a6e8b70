import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';
import { ViewerClient } from '../helper/viewer';

test('what a viewer saw before zd was killed is in the history, and it goes on behind it', async () => {
  const daemon = await startDaemon({ config: scripted('agent') });
  const { open, told } = sessionCalls(() => daemon);
  const id = await open('agent');
  const client = await ViewerClient.open(daemon);
  await client.attach(id, { since: 0 });
  await client.ask({ type: 'message', content: 'slowly:100000' });
  await until('some of it', () => client.text().length > 200);
  await daemon.kill();
  expect((await client.closed).code).toBe(1006);
  const seen = client.transcript;
  await daemon.restart();
  const events = await told(id);
  expect(events.slice(0, seen.length).map(({ seq, type, data }) => ({ seq, type, content: data.content }))).toEqual(
    seen.map(({ seq, type, content }) => ({ seq, type, content })),
  );
  const back = await ViewerClient.open(daemon);
  await back.attach(id, { since: seen.at(-1)!.seq });
  const end = await back.ended(`${id}.1`);
  expect(end).toMatchObject({ type: 'error', reason: 'interrupted' });
  expect([...seen, ...back.transcript].map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
  expect(await back.ask({ type: 'message', content: 'say:again' })).toMatchObject({ type: 'ack', turn_id: `${id}.2` });
  await back.ended(`${id}.2`);
  back.close();
});

test('a stop stores what was said, tells the viewers, and ends their sockets as going away', async () => {
  const daemon = await startDaemon({ config: scripted('agent') });
  const { open, told } = sessionCalls(() => daemon);
  const id = await open('agent');
  const [one, other] = [await ViewerClient.open(daemon, { query: `?session=${id}` }), await ViewerClient.open(daemon, { query: `?session=${id}` })];
  const lost = await ViewerClient.open(daemon);
  expect(await lost.ask({ type: 'attach', session: 'nobody' })).toMatchObject({ code: 'no_such_session' });
  await one.ask({ type: 'message', content: 'say:before deaf' });
  await one.sees('the beginning', ({ type }) => type === 'text');
  expect(await daemon.stop()).toBe(0);
  for (const client of [one, other]) {
    expect(await client.closed).toMatchObject({ code: 1001, reason: 'stopping' });
    expect(client.transcript.at(-1)).toMatchObject({ type: 'error', reason: 'interrupted', turn_id: `${id}.1` });
    expect(client.frames.at(-1)).toMatchObject({ type: 'shutdown', session_id: id });
  }
  expect(await lost.closed).toMatchObject({ code: 1001 });
  await daemon.restart();
  expect((await told(id)).at(-1)).toMatchObject({ type: 'error', data: { reason: 'interrupted' } });
});
