import { appendFileSync, existsSync, unlinkSync, writeFileSync } from 'node:fs';

/**
 * One process that wants a lock, for tests with many: `SOCKET NAME FOLDER OWNER`. Inside it makes a file that nobody else may have there, and adds
 * its owner and number to the folder's `order`.
 */
const [socket, name, folder, owner] = process.argv.slice(2) as [string, string, string, string];

async function call(op: string, input: object): Promise<{ ok: boolean; token: string; fence: number }> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input), unix: socket, timeout: false };
  const reply = (await (await fetch(`http://localhost/op/${op}`, init as RequestInit)).json()) as { ok: boolean; token: string; fence: number };
  if (!reply.ok) throw new Error(JSON.stringify(reply));
  return reply;
}

if (import.meta.main) {
  const { token, fence } = await call('lock_acquire', { name, owner, pid: process.pid, timeout_secs: 600 });
  const inside = `${folder}/inside`;
  if (existsSync(inside)) throw new Error('somebody else is inside');
  writeFileSync(inside, owner, { flag: 'wx' });
  appendFileSync(`${folder}/order`, `${owner} ${fence}\n`);
  unlinkSync(inside);
  // Some of them let go by ending: the daemon has to notice.
  if (Number(owner) % 20 !== 0) await call('lock_release', { name, token });
  process.exit(0);
}
