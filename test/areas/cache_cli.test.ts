import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';

test('the verbs of the command line', async () => {
  const daemon = await startDaemon();
  const ns = 'verbs';
  expect(await daemon.zd('cache', 'put', ns, 'k', 'va lue', '--ttl', '60')).toMatchObject({ code: 0 });
  expect(await daemon.zd('cache', 'get', ns, 'k')).toEqual({ code: 0, stdout: 'va lue\n', stderr: '' });
  expect(await daemon.zd('cache', 'put', ns, 'b', '--base64', 'AP8=')).toMatchObject({ code: 0 });
  expect(JSON.parse((await daemon.zd('cache', 'get', ns, 'b', '--json')).stdout)).toMatchObject({ value_base64: 'AP8=' });
  expect(await daemon.zd('cache', 'incr', ns, 'n', '5')).toMatchObject({ code: 0, stdout: '5\n' });
  expect((await daemon.zd('cache', 'list', ns)).stdout.trim().split('\n')).toEqual(['b', 'k', 'n']);
  expect(await daemon.zd('cache', 'touch', ns, 'k', '--ttl', 'null')).toMatchObject({ code: 0 });
  expect(await daemon.zd('cache', 'del', ns, '--prefix', 'k')).toMatchObject({ code: 0, stdout: '1\n' });
  expect((await daemon.zd('cache', 'get', ns, 'k')).code).toBe(4);
  expect((await daemon.zd('cache', 'stats', ns)).code).toBe(0);
});
