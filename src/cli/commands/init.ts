import { ownCommand } from '../../daemon/process';
import { command, type Parsed } from '../command';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

async function templateOf(shell: Shell): Promise<string> {
  if (shell === 'bash') return (await import('../hooks/bash.sh', { with: { type: 'text' } })).default;
  if (shell === 'zsh') return (await import('../hooks/zsh.sh', { with: { type: 'text' } })).default;
  return (await import('../hooks/fish.fish', { with: { type: 'text' } })).default;
}

/** A word that the shell reads as it is. */
const quote = (shell: Shell, text: string): string =>
  shell === 'fish' ? `'${text.replace(/[\\']/g, '\\$&')}'` : `'${text.replaceAll("'", `'\\''`)}'`;

/** Leaves out the blocks of a template, `#:NAME` to `#:end`, whose name is not among these. */
function select(template: string, names: ReadonlySet<string>): string {
  let keep = true;
  return template
    .split('\n')
    .filter((line) => {
      const mark = /^#:([a-z-]+)$/.exec(line)?.[1];
      if (mark === undefined) return keep;
      keep = mark === 'end' || names.has(mark);
      return false;
    })
    .join('\n');
}

function hooks(shell: Shell, template: string, args: Parsed, box: string): string {
  const accept = args['accept-send'] === true;
  const history = args.history !== false;
  // A long command is told of by its entry in the history, or by itself.
  const names = new Set([history ? 'history' : 'news', ...(accept ? ['accept'] : []), ...(args['bind-ctrl-r'] === true ? ['ctrl-r'] : [])]);
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)).toHex();
  const values: Readonly<Record<string, string>> = {
    WORDS: ownCommand([])
      .map((word) => quote(shell, word))
      .join(' '),
    BOX: quote(shell, box),
    NONCE: random(16),
    SESSION: random(6),
    ACCEPT: accept ? '--accept-send' : '--no-accept-send',
  };
  return select(template, names).replace(/@([A-Z]+)@/g, (_, name: string) => values[name]!);
}

export const init = command({
  name: 'init',
  summary: 'Print the hooks of a shell: it registers, keeps its history and hears what others send. Use: eval "$(zd init bash)"',
  args: {
    shell: { type: 'positional', options: SHELLS, description: 'For fish: zd init fish | source' },
    'bind-ctrl-r': { type: 'boolean', description: 'Ctrl-R searches the history with zd' },
    'accept-send': { type: 'boolean', description: 'Run commands that others send with `zd shell send`; no shell does without it' },
    history: { type: 'boolean', default: true, description: 'Keep no history' },
  },
  run: async (args, { out, paths }) => {
    const shell = args.shell as Shell;
    out.text(hooks(shell, await templateOf(shell), args, paths.shellsDir));
  },
});
