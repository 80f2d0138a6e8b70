import { expect, test } from 'bun:test';
import { plainBody, readPlainBody } from '../../src/areas/mesh/wire/open_body';
import { startBroker } from '../helper/broker';
import { helloOf, RawClient } from '../helper/mesh_client';
import { until } from '../helper/until';

const broker = await startBroker();
const mesh = await broker.mesh();
const [ann, bob, cem] = [await broker.member(mesh, 'Ann'), await broker.member(mesh, 'Bob'), await broker.member(mesh, 'Cem')];

test('a topic keeps its history and reaches its members, present or not', async () => {
  const [a, b, c] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob), await RawClient.join(broker, cem)];
  const { topic } = await a.ask({ type: 'topic_create', name: 'deploys', description: 'what went out' });
  expect(topic).toMatchObject({ name: 'deploys', visibility: 'public' });
  expect(topic.id).toMatch(/^[0-9a-z]{20,}$/);
  expect((await b.ask({ type: 'topic_create', name: 'deploys' })).topic.id).toBe(topic.id);
  expect(String((await b.post(`#${topic.id}`, plainBody('x'))).error)).toStartWith('not_authorized');
  expect(await b.ask({ type: 'topic_history', topic: 'deploys' })).toMatchObject({ code: 'not_authorized' });
  expect((await b.ask({ type: 'topic_join', topic: 'deploys' })).type).toBe('ack');
  await b.close();
  const ids = [];
  for (let at = 0; at < 5; at++) {
    const ack = await a.post(at % 2 ? '#deploys' : `#${topic.id}`, plainBody(`release ${at}`), { client_message_id: `topic-${at}` });
    expect(ack).toMatchObject({ queued: true, history_id: ack.messageId });
    ids.push(ack.messageId);
  }
  const back = await RawClient.join(broker, bob);
  await until('all posts waited for Bob', () => back.pushes().length === 5);
  expect(back.pushes().map(({ messageId }) => messageId)).toEqual(ids);
  expect(back.pushes()[0]).toMatchObject({ topic: 'deploys', targetSpec: `#${topic.id}`, senderName: 'Ann' });
  expect(c.pushes()).toEqual([]);
  const page = await back.ask({ type: 'topic_history', topic: 'deploys', limit: 2 });
  expect(page.messages.map((each: { id: string }) => each.id)).toEqual([ids[4], ids[3]]);
  const older = await back.ask({ type: 'topic_history', topic: topic.id, limit: 10, beforeId: ids[3] });
  expect(older.messages.map((each: { ciphertext: string }) => readPlainBody(each))).toEqual(['release 2', 'release 1', 'release 0']);
  expect(await a.post(`#${topic.id}`, plainBody('release 0'), { client_message_id: 'topic-0' })).toMatchObject({
    conflict: 'request_fingerprint_mismatch',
  });
  await back.ask({ type: 'topic_mark_read', topic: 'deploys' });
  const { members } = await a.ask({ type: 'topic_members', topic: 'deploys' });
  expect(members.map(({ displayName, role }: { displayName: string; role: string }) => `${displayName} ${role}`).toSorted()).toEqual([
    'Ann lead',
    'Bob member',
  ]);
  expect(members.find(({ displayName }: { displayName: string }) => displayName === 'Bob').lastReadAt).toMatch(/Z$/);
  await back.ask({ type: 'topic_leave', topic: 'deploys' });
  const after = await a.post('#deploys', plainBody('after'));
  await back.ask({ type: 'list_peers' });
  expect(back.pushes().some(({ messageId }) => messageId === after.messageId)).toBe(false);
  await Promise.all([a.close(), back.close(), c.close()]);
});

test('requests of one link take effect in their order, whoever waits for answers', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.open(broker.url)];
  await a.ask({ type: 'topic_create', name: 'ordered' });
  b.send(helloOf(cem));
  b.send({ type: 'topic_join', topic: 'ordered' });
  for (let at = 0; at < 5; at++)
    b.send({ type: 'send', id: `o-${at}`, client_message_id: `o-${at}`, targetSpec: '#ordered', priority: 'next', ...plainBody('x') });
  b.send({ type: 'topic_leave', topic: 'ordered' });
  b.send({ type: 'send', id: 'o-late', targetSpec: '#ordered', priority: 'next', ...plainBody('x') });
  await b.next((frame) => frame.type === 'ack' && frame.id === 'o-late');
  expect(b.frames[0]!.type).toBe('hello_ack');
  const acks = b.frames.filter(({ type, id }) => type === 'ack' && String(id).startsWith('o-'));
  expect(acks.map(({ id, queued }) => [id, queued])).toEqual([...[0, 1, 2, 3, 4].map((at) => [`o-${at}`, true]), ['o-late', false]]);
  await until('Ann has them', () => a.pushes().length >= 5);
  expect(a.pushes().map(({ client_message_id }) => client_message_id)).toEqual(['o-0', 'o-1', 'o-2', 'o-3', 'o-4']);
  await Promise.all([a.close(), b.close()]);
});

test('a private topic is there for those in it alone, and an observer only reads', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  await a.ask({ type: 'topic_create', name: 'secret', visibility: 'private' });
  for (const frame of [{ type: 'topic_join' }, { type: 'topic_members' }, { type: 'topic_history' }, { type: 'topic_leave' }])
    expect(await b.ask({ ...frame, topic: 'secret' })).toMatchObject({ type: 'error', code: 'topic_not_found' });
  expect(await b.ask({ type: 'topic_create', name: 'secret' })).toMatchObject({ code: 'topic_not_found' });
  expect((await b.ask({ type: 'topic_list' })).topics.map(({ name }: { name: string }) => name)).not.toContain('secret');
  expect(String((await b.post('#secret', plainBody('x'))).error)).toStartWith('topic_not_found');
  await a.ask({ type: 'topic_create', name: 'news' });
  await b.ask({ type: 'topic_join', topic: 'news', role: 'observer' });
  expect(String((await b.post('#news', plainBody('x'))).error)).toStartWith('not_authorized');
  expect(await a.ask({ type: 'topic_create', name: 'a b\u0001' })).toMatchObject({ code: 'invalid_frame' });
  await Promise.all([a.close(), b.close()]);
});

test('state, memories and skills are kept for all, and removed by whose they are', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  expect(await a.ask({ type: 'set_state', key: 'sprint', value: { n: 7 } })).toMatchObject({ type: 'ack' });
  expect(await b.next('state_change')).toMatchObject({ key: 'sprint', value: { n: 7 }, updatedBy: 'Ann' });
  expect(await b.ask({ type: 'get_state', key: 'sprint' })).toMatchObject({ type: 'state_result', value: { n: 7 }, updatedBy: 'Ann' });
  expect(await b.ask({ type: 'get_state', key: 'nothing' })).toMatchObject({ type: 'state_result', value: null });
  expect((await b.ask({ type: 'list_state' })).entries).toMatchObject([{ key: 'sprint', value: { n: 7 } }]);
  const { id } = await a.ask({ type: 'remember', content: 'the cache is 100% warm_', tags: ['cache'] });
  await a.ask({ type: 'remember', content: 'something else' });
  expect((await b.ask({ type: 'recall', query: '100% warm_' })).memories).toMatchObject([{ id, rememberedBy: 'Ann', tags: ['cache'] }]);
  expect((await b.ask({ type: 'recall', query: '' })).memories.length).toBe(2);
  expect(await b.ask({ type: 'forget', memoryId: id })).toMatchObject({ code: 'forbidden' });
  expect(await a.ask({ type: 'forget', memoryId: id })).toMatchObject({ type: 'ack' });
  const skill = { type: 'share_skill', name: 'deploy', description: 'how to deploy', instructions: 'push it', tags: ['ops'], manifest: { v: 1 } };
  expect(await a.ask(skill)).toMatchObject({ type: 'skill_ack', action: 'shared' });
  expect(await b.ask(skill)).toMatchObject({ code: 'forbidden' });
  expect((await b.ask({ type: 'list_skills', query: 'DEPLOY' })).skills).toMatchObject([{ name: 'deploy', author: 'Ann', tags: ['ops'] }]);
  expect((await b.ask({ type: 'get_skill', name: 'deploy' })).skill).toMatchObject({ instructions: 'push it', manifest: { v: 1 } });
  expect(await b.ask({ type: 'get_skill', name: 'none' })).toMatchObject({ skill: null });
  expect(await b.ask({ type: 'remove_skill', name: 'deploy' })).toMatchObject({ code: 'forbidden' });
  expect(await a.ask({ type: 'remove_skill', name: 'deploy' })).toMatchObject({ type: 'skill_ack', action: 'removed' });
  expect(await a.ask({ type: 'remove_skill', name: 'deploy' })).toMatchObject({ code: 'not_found' });
  await Promise.all([a.close(), b.close()]);
});
