import type { Sodium } from '../areas/mesh/wire/sodium';
import type { Clock } from '../kernel/clock';
import type { Logger } from '../kernel/log';
import type { Db } from '../storage/db';
import { Broker } from './broker';
import { Counters } from './counters';
import { Courier } from './courier';
import { EndpointStore } from './endpoint_store';
import { Enrolment } from './enrolment';
import { Handshake } from './handshake';
import { BrokerHttp } from './http';
import { Limiter } from './limiter';
import { MeshStore } from './mesh_store';
import { MessageStore } from './message_store';
import { NoteStore } from './note_store';
import { Presences } from './presences';
import { ReceiptStore } from './receipt_store';
import { Receipts } from './receipts';
import { Roster } from './roster';
import type { BrokerSettings } from './settings';
import { TopicStore } from './topic_store';

export interface BrokerInput {
  readonly db: Db;
  readonly settings: BrokerSettings;
  readonly sodium: Sodium;
  readonly token: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Requests of one address to join, per second and at once. */
const TRIES = { perSecond: 5, burst: 200 };
/** What hooks report of one peer. */
const HOOKS = { perSecond: 0.5, burst: 30 };

/** Builds a broker from its parts, in the order in which they need each other. */
export function composeBroker({ db, settings, sodium, token, clock, log }: BrokerInput): { broker: Broker; http: BrokerHttp } {
  const counters = new Counters();
  const meshes = new MeshStore(db);
  const endpoints = new EndpointStore(db);
  const messages = new MessageStore(db);
  const topics = new TopicStore(db);
  const roster = new Roster();
  const courier = new Courier(db, messages, roster, counters, clock);
  const presences = new Presences(roster, db, endpoints, courier, counters, clock, log);
  const broker = new Broker({
    ...{ db, meshes, endpoints, messages, topics, presences, courier, counters, sodium, settings, clock, log },
    notes: new NoteStore(db),
    receipts: new Receipts(db, new ReceiptStore(db), meshes, endpoints, roster, counters, clock),
    limiter: new Limiter(settings.ratePerSecond, settings.burst),
    handshake: new Handshake({ db, meshes, endpoints, presences, sodium, settings, counters, clock, log }),
  });
  const enrolment = new Enrolment(db, meshes, endpoints, topics, sodium, clock);
  const tries = new Limiter(TRIES.perSecond, TRIES.burst);
  const hooks = new Limiter(HOOKS.perSecond, HOOKS.burst);
  return { broker, http: new BrokerHttp({ broker, enrolment, tries, hooks, token, startedAt: clock.now(), log }) };
}
