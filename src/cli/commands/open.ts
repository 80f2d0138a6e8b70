import { ClientError } from '../../client/error';
import { readRecord } from '../../client/address';
import { EXIT } from '../../kernel/code_info';
import { command } from '../command';
import { answers } from '../launch';
import { httpAddress } from './up';

export const open = command({
  name: 'open',
  summary: 'Open the Swagger page in the browser, or print its address where there is none',
  args: {
    print: { type: 'boolean', description: 'Only print the address' },
    token: { type: 'boolean', description: 'Print which file holds the token for the Authorize button' },
  },
  run: async ({ print, token }, { env, globals, out, paths }) => {
    const record = (await answers(paths)) ? readRecord(paths) : null;
    if (!record) throw new ClientError('not_running', 'the daemon is not running', 'Start it with: zd up', EXIT.down);
    const http = httpAddress(record);
    if (http === null)
      throw new ClientError('http_off', 'the daemon does not listen on TCP', 'Set http.listen in config.toml and run: zd restart', EXIT.failure);
    const openapi = `${http}/openapi`;
    if (globals.json) return out.result({ openapi, token_file: record.open ? null : paths.tokenFile });
    if (token) return record.open ? out.note('zd: no token is needed here (http.open)') : out.line(paths.tokenFile);
    const program = print || !out.terminal ? null : browser(env);
    if (program === null) out.line(openapi);
    else {
      Bun.spawn([program, openapi], { stdio: ['ignore', 'ignore', 'ignore'], detached: true }).unref();
      out.note(`Opening ${openapi}`);
    }
    if (!record.open) out.note(`Authorize with the token in ${paths.tokenFile}`);
  },
});

/** The program that opens an address, or null without a display. */
function browser(env: Readonly<Record<string, string | undefined>>): string | null {
  if (process.platform === 'darwin') return 'open';
  return env.DISPLAY || env.WAYLAND_DISPLAY ? Bun.which('xdg-open') : null;
}
