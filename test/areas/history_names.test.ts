import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
  for (const [kind, name, value] of [
    ['alias', 'deploy-all', 'make deploy'],
    ['galias', 'deplog', '| tee deploy.log'],
    ['function', 'deploy_one', 'make "$1"'],
    ['alias', 'other', 'x'],
    ['compdef', 'deploy-all', '_make'],
  ])
    expect((await daemon.call('definitions_emit', { kind, name, value, shell_id: 'zsh' })).status).toBe(200);
  await daemon.call('history_append', { line: 'deployctl status' });
});

test('complete knows what the shells define beside what was run', async () => {
  const { body } = await daemon.call('complete', { prefix: 'depl' });
  expect(body.commands).toEqual(['deploy-all', 'deplog', 'deploy_one', 'deployctl']);
  expect(body.handlers).toEqual([{ command: 'deploy-all', handler: '_make' }]);
});

test('highlight tells an alias from a function', async () => {
  const kind = async (line: string) => (await daemon.call('highlight', { line, path: '' })).body.spans[0].kind;
  expect(await kind('deploy-all now')).toBe('alias');
  expect(await kind('deploy_one now')).toBe('function');
  expect(await kind('nobody now')).toBe('error');
});
