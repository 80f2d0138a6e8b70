import type { Client } from '../../client/client';
import { SessionLink, type Mode } from '../../client/session_link';
import { EXIT } from '../../kernel/code_info';
import { command } from '../command';
import { lines } from '../lines';
import { SessionRoom } from '../session_room';
import { SessionScreen } from '../session_screen';

/** What a person sees of before, unless it is said otherwise. */
const TAIL_EVENTS = 1000;

export const attach = command({
  name: 'attach',
  summary: 'Look at a session with an agent, and talk to it; the session goes on when you leave',
  args: {
    session: { type: 'positional', required: false, description: 'Id, title, or the beginning of an id; the newest open one when absent' },
    tail: {
      type: 'string',
      value: 'integer',
      minimum: 0,
      valueHint: 'N',
      description: `Begin with the newest N events (${TAIL_EVENTS} on a terminal, 0 on a pipe)`,
    },
    takeover: { type: 'boolean', description: "Take nobody else's input while this is attached" },
    observe: { type: 'boolean', description: 'Only look' },
  },
  run: async ({ session, tail, takeover, observe }, invocation) => {
    const { out, globals, client } = invocation;
    const mode: Mode = takeover ? 'takeover' : observe ? 'observe' : 'mirror';
    const named = (session as string | undefined) ?? (await newestOpen(client()));
    const scripted = !process.stdin.isTTY;
    const screen = new SessionScreen(out, await out.paint());
    const room = new SessionRoom(screen, (line) => out.line(line), globals.json);
    const link = new SessionLink(client(), {
      ...(named === undefined ? {} : { session: named }),
      tail: (tail as number | undefined) ?? (scripted || !out.terminal ? 0 : TAIL_EVENTS),
      mode,
      onFrame: (frame) => room.take(frame),
      onBreak: () => out.note('zd: the connection broke; the session goes on'),
      onBack: () => out.note('zd: connected again'),
    });
    const left = new AbortController();
    const interrupted = invocation.interrupted();
    interrupted.addEventListener('abort', () => left.abort(), { once: true });
    const over = link.run(left.signal).finally(() => room.close());
    const code = await Promise.race([talk(room, link, scripted), over.then(() => EXIT.ok)]);
    left.abort();
    await over;
    if (!scripted) out.note(`zd: the session goes on; come back with: zd attach ${room.session ?? ''}`.trimEnd());
    return interrupted.aborted ? EXIT.interrupted : code;
  },
});

/** Undefined when there is none: the daemon has one for that. */
async function newestOpen(client: Client): Promise<string | undefined> {
  const { sessions } = (await client.call('session_list', { limit: 100 })) as { sessions: { session_id: string; state: string }[] };
  return sessions.find(({ state }) => state !== 'closed')?.session_id;
}

/** What is typed, until it ends. Lines of a script are said one after the other, and it ends when the last one is answered. */
async function talk(room: SessionRoom, link: SessionLink, scripted: boolean): Promise<number> {
  await room.attached;
  for await (const line of lines(Bun.stdin.stream())) {
    if (!(await room.typed(line, link, scripted))) return EXIT.ok;
  }
  return scripted ? room.finished() : EXIT.ok;
}
