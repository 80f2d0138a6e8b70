import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readRecord } from '../../client/address';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { CODES, isCode } from '../../kernel/codes';
import { command, type Invocation } from '../command';
import { answers, ownDaemon, POLL_MS } from '../launch';

const START_MS = 60_000;

export const importCommand = command({
  name: 'import',
  summary: 'Restore a backup that `zd export NAME.tar.zst` made; a running daemon restarts with it',
  args: {
    file: { type: 'positional', suggest: 'files', description: 'The archive' },
    replace: { type: 'boolean', description: 'Also where there is data already; that is kept in replaced-TIME beside it' },
  },
  run: async ({ file, replace }, invocation) => {
    const path = resolve(String(file));
    const running = await answers(invocation.paths);
    const count = running ? await throughDaemon(path, replace === true, invocation) : await alone(path, replace === true, invocation);
    if (invocation.globals.json) return invocation.out.result({ from: path, imported_count: count, restarted: running });
    invocation.out.note(`restored ${count} files from ${path}${running ? '; zd was restarted' : ''}`);
  },
});

/** The daemon checks it and restarts; returns when another process answers. */
async function throughDaemon(path: string, force: boolean, { paths, globals }: Invocation): Promise<number> {
  if (!force) throw taken();
  const before = readRecord(paths);
  const reply = await ownDaemon(paths).send('import_all', JSON.stringify({ path, force, restart: true }), { timeoutMs: globals.timeoutMs });
  const until = performance.now() + START_MS;
  for (;;) {
    const now = readRecord(paths);
    if (now && (now.pid !== before?.pid || now.start_token !== before.start_token || now.started_at !== before.started_at) && (await answers(paths)))
      break;
    if (performance.now() > until)
      throw new ClientError('timeout', 'the daemon did not come back', `See ${paths.logFile}; \`zd up\` starts it`, EXIT.timeout);
    await Bun.sleep(POLL_MS);
  }
  return Number(reply.value.imported_count);
}

/** Without a daemon, under the lock of the home, so that none starts meanwhile. */
async function alone(path: string, force: boolean, { paths, out }: Invocation): Promise<number> {
  const [{ acquireInstance }, { prepareFolders }, { homeOf, settleHome }, { unpack }, { ZdError }] = await Promise.all([
    import('../../daemon/instance'),
    import('../../daemon/folders'),
    import('../../daemon/home'),
    import('../../areas/export/archive/unpack'),
    import('../../kernel/error'),
  ]);
  process.umask(0o077);
  const home = prepareFolders(paths);
  const lock = acquireInstance(home.lockFile);
  if (!lock) throw new ClientError('busy', 'a daemon is just starting or stopping in this home', 'Try again in a moment', EXIT.conflict);
  try {
    if (!force && existsSync(home.zdDb)) throw taken();
    const { members } = await unpack(path, homeOf(home));
    await settleHome(
      home,
      { info: (_, fields) => out.note(fields?.replaced ? `what was there is in ${String(fields.replaced)}` : 'restored') },
      Date.now(),
    );
    return members.length;
  } catch (error) {
    if (!(error instanceof ZdError) || !isCode(error.code)) throw error;
    throw new ClientError(error.code, error.message, error.detail.hint ?? CODES[error.code].remedy, CODES[error.code].exit);
  } finally {
    lock.release();
  }
}

const taken = (): ClientError =>
  new ClientError('conflict', 'this home has data already', 'Replace it with --replace; it is kept beside the new one', EXIT.conflict);
