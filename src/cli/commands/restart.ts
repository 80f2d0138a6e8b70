import { command } from '../command';
import { stop } from './down';
import { start, tell } from './up';

export const restart = command({
  name: 'restart',
  summary: 'Stop the daemon if it runs, and start it with the settings of this shell',
  run: async (_, invocation) => {
    const { ran } = await stop(invocation);
    if (!ran) invocation.out.note('zd was not running');
    await tell(await start(invocation), true, invocation);
  },
});
