import type { SessionService } from '../../areas/session/service';
import { THINKING } from '../../areas/session/set';
import { FrameFault, type ReqId } from './frames';
import type { Room } from './room';
import type { Viewer } from './viewer';

const SHOWN_CHARS = 200;
const LEVELS = 'low|medium|high|xhigh|adaptive';
const PAGE_EVENTS = 2000;

type Level = keyof typeof THINKING;
const levelOf = (text: string): Level | null => (text === 'med' ? 'medium' : Object.hasOwn(THINKING, text) ? (text as Level) : null);

/** What a client asks for by name. The answer is for it alone; what changed for everybody is told to the others too. */
export async function command(viewer: Viewer, id: string, room: Room, name: string, args: string, reqId?: ReqId): Promise<void> {
  const text = args.trim();
  const say = (message: string) => viewer.tell({ type: 'system', message }, reqId);
  const change = async (field: 'model' | 'thinking' | 'system', value: string, message: string) => {
    room.demand(viewer);
    await viewer.call('session_set', { id, [field]: value });
    say(message);
    room.tell({ type: 'system', message, code: 'changed', changed: field }, viewer);
  };
  const { sessions } = viewer;
  switch (name) {
    case 'model':
      return text === '' ? say(`current model: ${sessions.info(id).model ?? 'default'}`) : change('model', text, `model set to: ${text}`);
    case 'thinking': {
      if (text === '') {
        const level = levelOf(sessions.info(id).thinking ?? '') ?? 'adaptive';
        return say(`thinking: ${level} (${THINKING[level]})`);
      }
      const level = levelOf(text.toLowerCase());
      if (level === null) throw new FrameFault('bad_args', `usage: thinking ${LEVELS}`);
      return change('thinking', level, `thinking set to: ${level}`);
    }
    case 'system': {
      const { system } = sessions.info(id);
      if (text === '' || text === 'show') return say(`system prompt: ${system ? system.slice(0, SHOWN_CHARS) : '(none)'}`);
      return change('system', args, 'system prompt updated');
    }
    case 'clear':
      room.demand(viewer);
      await viewer.call('session_clear', { id });
      return say('session cleared');
    case 'compact':
      room.demand(viewer);
      return compact(viewer, id, text, say);
    case 'quit':
      return say('/quit ignored — server is long-lived; close the WebSocket instead');
    default:
      throw new FrameFault('unknown_command', `unknown command: ${name.slice(0, 100)}`);
  }
}

/** Answers when the summary is there, or says why there is none. */
async function compact({ sessions, call, line }: Viewer, id: string, instructions: string, say: (message: string) => void): Promise<void> {
  const messages = messageCount(sessions, id);
  const { seq, turn_id } = await call('session_compact', { id, ...(instructions === '' ? {} : { instructions }) });
  for await (const { type, turnId, data, seq: at } of sessions.follow(id, Number(seq), line.signal)) {
    if (turnId !== turn_id || (type !== 'done' && type !== 'error')) continue;
    if (type === 'error') throw new FrameFault('agent_failed', `not compacted: ${String(data.message)}`);
    // Stored together with the end of the turn.
    if (sessions.history(id, { since: at, limit: 1, types: ['compacted'] }).events.length === 0)
      throw new FrameFault('agent_failed', 'not compacted: the agent gave no summary');
    return say(`✓ compacted ${messages} messages into a summary context`);
  }
}

/** Messages since the conversation was last cleared or compacted; what one side says in one go is one. */
function messageCount(sessions: SessionService, id: string): number {
  let count = 0;
  let later: string | null = null;
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const { events, from, more } = sessions.history(id, { before, limit: PAGE_EVENTS, types: ['user', 'text', 'cleared', 'compacted'] });
    for (const { type } of events.toReversed()) {
      if (type !== 'user' && type !== 'text') return count;
      if (type !== later) count++;
      later = type;
    }
    if (!more) return count;
    before = from;
  }
}
