import type { ServerWebSocket } from 'bun';
import type { Caller, Identity, Scope } from '../kernel/caller';
import { CODES } from '../kernel/codes';
import type { Connection } from '../kernel/connection';
import type { Dispatcher } from '../kernel/dispatch';
import { failureBody, ZdError } from '../kernel/error';
import { requestId } from '../kernel/ids';
import { parseJson, refuseDuplicates } from '../kernel/json';
import type { Logger } from '../kernel/log';
import { isEncoded, type EncodedFrames, type Frame } from '../kernel/stream';
import { renew, type AccessRules } from './access';
import { END_HINTS, type EndReason } from './connections';
import { replyText, SocketCall } from './socket_call';
import type { StreamLimits } from './stream_slots';
import type { Peer } from './ws';

export interface SocketDeps {
  readonly dispatcher: Dispatcher;
  readonly rules: () => AccessRules;
  readonly limits: () => StreamLimits & { readonly bodyBytes: number; readonly maxDepth: number };
  readonly log: Logger;
}

/** Calls of one socket that run at once. */
const MAX_CALLS = 256;
/** Bytes a socket may have under way before its generators are asked again. */
const WINDOW_BYTES = 64 * 1024;
/** How long a client may take to answer the closing handshake. */
const CLOSE_MS = 500;
/** RFC 6455 §7.4.1: going away, policy violation. */
const GOING_AWAY = 1001;
const POLICY = 1008;

const utf8 = new TextDecoder();

/**
 * One WebSocket. A text frame `{id, op, args}` is a call and gets `{id, ok: true, …reply}` or `{id, ok: false, err}` when it is done,
 * whatever the order; frames with `event` come by themselves. A fault in a frame is answered, with id 0 where it names none.
 */
export class Socket implements Connection, Peer {
  readonly scopes: Scope[] = [];
  private readonly ended = new AbortController();
  private ws: ServerWebSocket<Peer> | undefined;
  private calls = 0;
  private feeds = 0;
  private leaving = false;
  private over = false;
  private roomAgain: (() => void)[] = [];
  /** The viewer of a session this socket has become, too. */
  client: string | undefined;
  private identity: () => Identity | null = () => null;

  private readonly largestBody: number;

  constructor(
    readonly caller: Caller,
    private readonly deps: SocketDeps,
    /** Takes frames that have a `type` and no `op`, where somebody does. */
    private readonly typed?: (message: string) => void,
  ) {
    this.largestBody = Math.max(0, ...[...deps.dispatcher.registry.ops.values()].map((op) => op.maxBody ?? 0));
  }

  get signal(): AbortSignal {
    return this.ended.signal;
  }

  opened(ws: ServerWebSocket<Peer>): void {
    this.ws = ws;
    if (this.leaving) this.leave();
  }

  closed(): void {
    this.over = true;
    this.ended.abort();
    this.drained();
  }

  drained(): void {
    const waiting = this.roomAgain;
    this.roomAgain = [];
    for (const go of waiting) go();
  }

  received(message: string | Buffer): void {
    let id: unknown = 0;
    let call: SocketCall | undefined;
    try {
      const frame = this.decode(message);
      if (this.typed && typeof frame.type === 'string' && frame.op === undefined) return this.typed(message as string);
      id = idOf(frame);
      const op = this.opOf(frame, message);
      if (this.deps.dispatcher.registry.ops.get(op)?.uniqueKeys && typeof message === 'string') refuseDuplicates(message, frame);
      if (this.leaving) throw new ZdError('shutting_down');
      if (this.calls >= MAX_CALLS) throw new ZdError('too_many', `This socket has ${MAX_CALLS} calls under way.`, { extra: { limit: MAX_CALLS } });
      const caller = renew(this.caller, this.deps.rules());
      if (!caller) return this.revoke('token_removed');
      this.calls++;
      call = new SocketCall(op, frame.args ?? {}, this.speaking(caller), this);
      this.run(call, id);
    } catch (error) {
      if (call) this.calls--;
      this.fail(id, error, call?.requestId ?? requestId());
    }
  }

  private speaking(caller: Caller): Caller {
    const speaker = this.identity();
    return speaker || this.client !== undefined ? { ...caller, ...speaker, client: this.client } : caller;
  }

  /** Answers in the same turn where the op does. Throws what it throws then. */
  private run(call: SocketCall, id: unknown): void {
    const result = this.deps.dispatcher.run(call);
    if (!(result instanceof Promise)) {
      this.calls--;
      return this.send(replyText(id, result));
    }
    const ended = (): void => {
      this.calls--;
      if (this.leaving) this.leave();
    };
    result.then(
      (reply) => {
        this.send(replyText(id, reply));
        ended();
      },
      (error: unknown) => {
        this.fail(id, error, call.requestId);
        ended();
      },
    );
  }

  private decode(message: string | Buffer): Record<string, unknown> {
    if (typeof message !== 'string') throw new ZdError('bad_json', 'A call is a text frame, this one is binary.');
    const { bodyBytes, maxDepth } = this.deps.limits();
    const largest = Math.max(bodyBytes, this.largestBody);
    if (longer(message, largest)) throw tooLarge(largest);
    // The envelope is one level of its own.
    const frame = parseJson(message, maxDepth + 1);
    if (typeof frame !== 'object' || frame === null) throw new ZdError('bad_args', 'A call is an object {id, op, args}.', { path: '' });
    return frame as Record<string, unknown>;
  }

  private opOf({ op }: Record<string, unknown>, message: string | Buffer): string {
    if (typeof op !== 'string') throw new ZdError('bad_args', 'A call needs an `op`, the name of an operation.', { path: '/op' });
    const limit = this.deps.dispatcher.registry.ops.get(op)?.maxBody ?? this.deps.limits().bodyBytes;
    if (longer(message, limit)) throw tooLarge(limit);
    return op;
  }

  private fail(id: unknown, error: unknown, name: string): void {
    const known = error instanceof ZdError ? error : new ZdError('internal', undefined, { cause: error });
    if (known.code === 'internal') this.deps.log.error('call failed', { request_id: name, path: '/ws', error: known.cause ?? known });
    else if (CODES[known.code].exit === 5) this.deps.log.warn('refused', { request_id: name, path: '/ws', code: known.code });
    const { ok: _, ...err } = failureBody(known, name);
    this.send(JSON.stringify({ id, ok: false, err }));
  }

  private send(text: string): void {
    if (!this.over) this.ws?.send(text);
  }

  attach(frames: AsyncGenerator<Frame | EncodedFrames>, scope: Scope, passing?: 'passing'): void {
    if (!this.scopes.includes(scope)) this.scopes.push(scope);
    this.feeds++;
    void this.pump(frames, passing !== undefined);
  }

  speakAs(identity: () => Identity | null): void {
    this.identity = identity;
  }

  /** The generator is asked only while the socket has room. */
  private async pump(frames: AsyncGenerator<Frame | EncodedFrames>, passing: boolean): Promise<void> {
    try {
      for await (const item of frames) {
        for (const text of texts(item)) this.send(text);
        while (!this.signal.aborted && (this.ws?.getBufferedAmount() ?? 0) > WINDOW_BYTES)
          await new Promise<void>((resolve) => this.roomAgain.push(resolve));
        if (this.signal.aborted) break;
      }
    } catch (error) {
      this.deps.log.error('socket failed', { error });
    }
    this.feeds--;
    if (this.feeds === 0 && (!passing || this.leaving)) this.leave();
  }

  revoke(reason: EndReason): void {
    this.send(JSON.stringify({ event: 'end', reason, hint: END_HINTS[reason] }));
    this.close(POLICY, reason);
  }

  /** Takes no more calls. A socket that hears of events ends behind its own `shutdown` frame, another one is told here. */
  drain(): void {
    this.leaving = true;
    if (this.feeds > 0) return;
    this.send(JSON.stringify({ event: 'shutdown', reason: 'stopping' }));
    this.leave();
  }

  /** Ends the socket once nothing is under way. */
  private leave(): void {
    this.leaving = true;
    if (this.calls === 0 && this.feeds === 0) this.close(GOING_AWAY, 'stopping');
  }

  private close(code: number, reason: string): void {
    const { ws } = this;
    ws?.close(code, reason);
    setTimeout(() => ws?.terminate(), CLOSE_MS).unref();
    this.closed();
  }
}

function idOf({ id }: Record<string, unknown>): unknown {
  if (typeof id === 'string' ? id.length <= 100 : Number.isSafeInteger(id)) return id;
  throw new ZdError('bad_args', 'A call needs an `id`, an integer or a short text.', { path: '/id' });
}

/** Whether a text has more bytes than that in UTF-8. A UTF-16 unit takes three at most, so short texts need not be measured. */
const longer = (message: string | Buffer, limit: number): boolean => message.length * 3 > limit && Buffer.byteLength(message) > limit;

const tooLarge = (limit: number): ZdError => new ZdError('too_large', `The frame is larger than ${limit} bytes.`, { extra: { limit } });

/** One text per frame. Encoded lines are sent as they are: whoever encoded them knew where they go. */
function texts(item: Frame | EncodedFrames): readonly string[] {
  if (isEncoded(item)) return utf8.decode(item.ndjson()).split('\n').slice(0, -1);
  const { id, event, data } = item;
  return [JSON.stringify({ event, ...(id === undefined ? {} : { event_id: id }), ...(data as object) })];
}
