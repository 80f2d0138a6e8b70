import { readRecord } from '../../client/address';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command } from '../command';
import { answers } from '../launch';
import { httpAddress } from './up';

export interface WebPage {
  readonly name: string;
  readonly summary: string;
  readonly path: `/${string}`;
  /** Its member in the reply of `--json`. */
  readonly member: string;
  /** What one does with the token there. */
  readonly hint: string;
}

/** A command that opens a page of the daemon in the browser, or prints its address where there is none. The token is never part of it. */
export const openPage = ({ name, summary, path, member, hint }: WebPage) =>
  command({
    name,
    summary,
    args: {
      print: { type: 'boolean', description: 'Only print the address' },
      token: { type: 'boolean', description: 'Print which file holds the token that the page asks for' },
    },
    run: async ({ print, token }, { env, globals, out, paths }) => {
      const record = (await answers(paths)) ? readRecord(paths) : null;
      if (!record) throw new ClientError('not_running', 'the daemon is not running', 'Start it with: zd up', EXIT.down);
      const http = httpAddress(record);
      if (http === null)
        throw new ClientError('http_off', 'the daemon does not listen on TCP', 'Set http.listen in config.toml and run: zd restart', EXIT.failure);
      const address = `${http}${path}`;
      if (globals.json) return out.result({ [member]: address, token_file: record.open ? null : paths.tokenFile });
      if (token) return record.open ? out.note('zd: no token is needed here (http.open)') : out.line(paths.tokenFile);
      const program = print || !out.terminal ? null : browser(env);
      if (program === null) out.line(address);
      else {
        Bun.spawn([program, address], { stdio: ['ignore', 'ignore', 'ignore'], detached: true }).unref();
        out.note(`Opening ${address}`);
      }
      if (!record.open) out.note(`${hint} ${paths.tokenFile}`);
    },
  });

/** The program that opens an address, or null without a display. */
function browser(env: Readonly<Record<string, string | undefined>>): string | null {
  if (process.platform === 'darwin') return 'open';
  return env.DISPLAY || env.WAYLAND_DISPLAY ? Bun.which('xdg-open') : null;
}
