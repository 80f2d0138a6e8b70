import { command } from '../command';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const completions = command({
  name: 'completions',
  summary: 'Print the completion script of a shell',
  args: { shell: { type: 'positional', options: SHELLS, description: 'For example: eval "$(zd completions bash)"' } },
  run: async ({ shell }, { out }) => {
    const { places } = await import('../completions/model');
    const found = await places();
    switch (shell as (typeof SHELLS)[number]) {
      case 'bash':
        return out.text((await import('../completions/bash')).bash(found));
      case 'zsh':
        return out.text((await import('../completions/zsh')).zsh(found));
      case 'fish':
        return out.text((await import('../completions/fish')).fish(found));
    }
  },
});
