import { wireApproval } from '../../areas/session/schema';
import { ZdError } from '../../kernel/error';
import { command } from './commands';
import { defaultSession } from './default_session';
import { FrameFault, type ClientFrame, type ReqId, type Status } from './frames';
import type { Room } from './room';
import { transcript } from './transcript';
import type { Viewer } from './viewer';

/** Events of one `history` answer, unless the client wants another number. */
const HISTORY_EVENTS = 5000;

/** Does what a frame asks. What it throws is for its sender alone. */
export async function answerTo(viewer: Viewer, frame: ClientFrame): Promise<void> {
  if (frame.type === 'attach') return attach(viewer, frame, frame.req_id);
  const { session, room } = viewer;
  if (session === null || room === null) throw new FrameFault('not_attached', 'There is no session to say this in: attach to one.');
  const { req_id } = frame;
  switch (frame.type) {
    case 'message': {
      room.demand(viewer);
      const reply = await viewer.call('session_prompt', { id: session, text: frame.content, ...(frame.queue ? { queue: true } : {}) });
      const { disposition, turn_id, seq, queue_id } = reply;
      // Without a number to answer to, the `user` event that comes to everybody is the answer.
      if (req_id !== undefined)
        viewer.tell({ type: 'ack', of: 'message', disposition, turn_id: turn_id as string | null, event_seq: seq, queue_id }, req_id);
      return;
    }
    case 'command':
      return command(viewer, session, room, frame.name, frame.args, req_id);
    case 'cancel': {
      room.demand(viewer);
      const { turn_id, cancelled, dequeued } = await viewer.call('session_cancel', { id: session });
      const told = { type: 'system', message: 'canceled', code: 'canceled', turn_id, cancelled, dequeued } as const;
      viewer.tell(told, req_id);
      if (cancelled) room.tell(told, viewer);
      return;
    }
    case 'status':
      return viewer.tell({ type: 'status', ...statusOf(viewer, session, room) }, req_id);
    case 'history': {
      const { before = Number.MAX_SAFE_INTEGER, limit = HISTORY_EVENTS } = frame;
      return viewer.tell({ type: 'history', ...(await transcript(viewer.sessions, session, before, limit)) }, req_id);
    }
    case 'answer': {
      room.demand(viewer);
      const { type: _, req_id: __, ...answer } = frame;
      const { turn_id, approval_id, state, option_id } = await viewer.call('session_answer', { id: session, ...answer });
      return viewer.tell({ type: 'ack', of: 'answer', turn_id: turn_id as string | null, approval_id, state, option_id }, req_id);
    }
  }
}

/** From `since` on nothing is left out and nothing comes twice, so a client that comes back sends the last `seq` it saw. Without it: live. */
async function attach(viewer: Viewer, { session, since, tail, mode = 'mirror' }: ClientFrame & { type: 'attach' }, reqId?: ReqId): Promise<void> {
  if (since !== undefined && tail !== undefined) throw new FrameFault('invalid_frame', 'attach: give either since or tail');
  const { sessions } = viewer;
  const id = session === undefined ? (viewer.session ?? (await defaultSession(viewer))) : sessions.find(session);
  if (id === null) throw new ZdError('no_such_session', `No session, or more than one, is named "${session!.slice(0, 100)}".`);
  const last = sessions.info(id).lastSeq;
  const from = since ?? Math.max(0, last - (tail ?? 0));
  viewer.attach(id, from, mode, reqId, () => ({
    type: 'attached',
    since: Math.min(from, last),
    pending: sessions.approvals(id).map(wireApproval),
    ...statusOf(viewer, id, viewer.room!),
  }));
}

function statusOf({ sessions, client, mode }: Viewer, session: string, room: Room): Status {
  const info = sessions.info(session);
  return {
    model: info.model ?? 'default',
    thinking: info.thinking ?? 'adaptive',
    streaming: info.turn !== null,
    total_input_tokens: info.inputTokens,
    total_output_tokens: info.outputTokens,
    session_cost: info.cost,
    connected_clients: room.size,
    agent: info.agent,
    title: info.title,
    cwd: info.cwd,
    state: info.state,
    turn_id: info.turn === null ? null : `${session}.${info.turn}`,
    queued: info.queued,
    pending_approvals: info.pendingApprovals,
    auto_turns: info.autoTurns,
    first_seq: info.firstSeq,
    last_seq: info.lastSeq,
    client_id: client,
    mode,
    input_owner: room.owner,
  };
}
