import { command } from '../command';

export const help = command({
  name: 'help',
  summary: 'Show the help of a command',
  args: { words: { type: 'positional', suggest: 'commands', required: false, many: true, description: 'The command' } },
  run: async ({ words = [] }, { env }) => {
    const { runCli } = await import('../main');
    return runCli([...(words as string[]), '--help'], { ...env });
  },
});
