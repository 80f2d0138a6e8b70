import type { Area } from '../../kernel/registry';
import { meshAcceptHost } from './accept_host';
import { meshCreate } from './create';
import { meshImport } from './import';
import { meshInboxDelete } from './inbox_delete';
import { meshInbox } from './inbox_op';
import { meshInboxSearch } from './inbox_search';
import { meshInboxSeen } from './inbox_seen';
import { meshInvite } from './invite';
import { meshJoin } from './join';
import { meshLeave } from './leave';
import { meshOutboxAbort } from './outbox_abort';
import { meshOutbox } from './outbox_op';
import { meshOutboxPrune } from './outbox_prune';
import { meshOutboxRequeue } from './outbox_requeue';
import { meshOutboxShow } from './outbox_show';
import { meshOutboxWait } from './outbox_wait';
import { meshPeers } from './peers';
import { meshProfile } from './profile';
import { meshReconnect } from './reconnect';
import { meshSend } from './send';
import { meshStatus } from './status';
import { meshTopicList } from './topic_list';
import { meshTopicPost } from './topic_post';
import { meshTopicSubscribe } from './topic_subscribe';
import { meshTopicUnsubscribe } from './topic_unsubscribe';
import { meshUninvite } from './uninvite';
import { v1Events } from './v1/events';
import { v1Health } from './v1/health';
import { v1InboxClear } from './v1/inbox_clear';
import { v1InboxDelete } from './v1/inbox_delete';
import { v1Inbox } from './v1/inbox_list';
import { v1InboxSearch } from './v1/inbox_search';
import { v1InboxSeen } from './v1/inbox_seen';
import { v1Metrics } from './v1/metrics';
import { v1OutboxAbort } from './v1/outbox_abort';
import { v1OutboxGet } from './v1/outbox_get';
import { v1Outbox } from './v1/outbox_list';
import { v1OutboxPrune } from './v1/outbox_prune';
import { v1OutboxRequeue } from './v1/outbox_requeue';
import { v1OutboxWait } from './v1/outbox_wait';
import { v1Peers } from './v1/peers';
import { v1Profile } from './v1/profile';
import { v1Send } from './v1/send';
import { v1SessionDelete } from './v1/session_delete';
import { v1Sessions } from './v1/session_list';
import { v1SessionMe } from './v1/session_me';
import { v1SessionRegister } from './v1/session_register';
import { v1TopicList } from './v1/topic_list';
import { v1TopicPost } from './v1/topic_post';
import { v1TopicSubscribe } from './v1/topic_subscribe';
import { v1TopicUnsubscribe } from './v1/topic_unsubscribe';
import { v1Version } from './v1/version';

export const meshArea: Area = {
  name: 'mesh',
  summary: 'Durable messages between machines and agents, sealed end to end, through a broker.',
  ops: [
    ...[meshCreate, meshInvite, meshUninvite, meshJoin, meshImport, meshStatus, meshPeers, meshProfile, meshReconnect, meshAcceptHost, meshSend],
    ...[meshOutbox, meshOutboxShow, meshOutboxWait, meshOutboxRequeue, meshOutboxAbort, meshOutboxPrune],
    ...[meshInbox, meshInboxSearch, meshInboxSeen, meshInboxDelete],
    ...[meshTopicList, meshTopicPost, meshTopicSubscribe, meshTopicUnsubscribe, meshLeave],
  ],
  streams: [v1Events],
  routes: [
    ...[v1Version, v1Health, v1Send, v1Outbox, v1OutboxGet, v1OutboxWait, v1OutboxRequeue, v1OutboxAbort, v1OutboxPrune],
    ...[v1Inbox, v1InboxSearch, v1InboxSeen, v1InboxClear, v1InboxDelete, v1Peers, v1Profile, v1Metrics],
    ...[v1TopicList, v1TopicPost, v1TopicSubscribe, v1TopicUnsubscribe],
    ...[v1SessionRegister, v1SessionMe, v1Sessions, v1SessionDelete],
  ],
};
