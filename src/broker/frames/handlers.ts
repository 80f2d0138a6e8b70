import type { ClientFrameOf, ClientFrameType } from '../../areas/mesh/wire/frames_client';
import { FrameRefused, type Asked, type BrokerDeps } from '../broker';
import { clientAck, messageStatus, negotiate } from './messages';
import { ban, disconnect, kick, listBans, unban } from './moderation';
import * as notes from './notes';
import * as peers from './peers';
import { messageSeen, receiptsAck } from './receipts';
import { send } from './send';
import * as topics from './topics';

type Handler<T extends ClientFrameType> = (deps: BrokerDeps, asked: Asked<ClientFrameOf<T>>) => void | Promise<void>;

/** Who answers which frame of a client that has said hello. */
const HANDLERS: { readonly [T in ClientFrameType]?: Handler<T> } = {
  send,
  client_ack: clientAck,
  message_status: messageStatus,
  message_seen: messageSeen,
  receipts_ack: receiptsAck,
  feature_negotiation_request: negotiate,
  list_peers: peers.listPeers,
  set_status: peers.setStatus,
  set_summary: peers.setSummary,
  set_visible: peers.setVisible,
  set_profile: peers.setProfile,
  set_stats: peers.setStats,
  join_group: peers.joinGroup,
  leave_group: peers.leaveGroup,
  topic_create: topics.topicCreate,
  topic_list: topics.topicList,
  topic_join: topics.topicJoin,
  topic_leave: topics.topicLeave,
  topic_members: topics.topicMembers,
  topic_history: topics.topicHistory,
  topic_mark_read: topics.topicMarkRead,
  set_state: notes.setState,
  get_state: notes.getState,
  list_state: notes.listState,
  remember: notes.remember,
  recall: notes.recall,
  forget: notes.forget,
  share_skill: notes.shareSkill,
  get_skill: notes.getSkill,
  list_skills: notes.listSkills,
  remove_skill: notes.removeSkill,
  kick,
  disconnect,
  ban,
  unban,
  list_bans: listBans,
};

export function handlerOf(type: ClientFrameType): Handler<never> {
  const handler = HANDLERS[type];
  if (!handler) throw new FrameRefused('unsupported', `this broker does not do ${type}`);
  return handler as Handler<never>;
}
