import { MessageSignatures } from './message_signature';
import type { OutboxRow } from './outbox_row';
import type { JoinedMesh } from './service_types';
import { DirectBox } from './wire/box';
import { plainBody, readPlainBody } from './wire/open_body';
import { groupKey, openWithKey, sealWithKey } from './wire/secret_box';
import { messageText } from './wire/signature';
import type { Sodium } from './wire/sodium';
import type { Push } from './wire/frames_broker';

const SEALED_GROUP = 2;
const isKey = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** A pair of keys a message goes out under, or comes in for. */
export interface Keys {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What an arrived message turned out to be. `body` null: sealed and not opened, or changed on the way. */
export interface Opened {
  readonly body: string | null;
  /** Null for a message for us alone. */
  readonly topic: string | null;
  readonly signed: boolean;
}

/** Seals what is sent and opens what arrives, for one mesh. */
export class Sealer {
  private readonly box: DirectBox;
  private readonly signatures = new MessageSignatures();
  private readonly groups = new Map<string, Uint8Array>();

  constructor(
    readonly sodium: Sodium,
    private readonly mesh: JoinedMesh,
    /** Whether bodies for groups and topics are sealed under the root key of the mesh; readers that are no zd cannot open them. */
    private readonly sealGroups: () => boolean,
  ) {
    this.box = new DirectBox(sodium);
  }

  /** The `send` frame of a message. `signed`: the broker passes signature and meta on. Throws for a key nobody can have. */
  frame(row: OutboxRow, sender: Keys, signed: boolean): object {
    const { target_spec: targetSpec, client_message_id: id, priority, reply_to_id: replyToId, meta } = row;
    const text = row.payload ?? '';
    const direct = isKey(targetSpec);
    const grouped = !direct && signed && this.mesh.rootKey !== null && this.sealGroups();
    const sealed = direct
      ? this.box.seal(text, targetSpec, sender.secretKey)
      : grouped
        ? sealWithKey(this.sodium, text, this.groupKey(targetSpec))
        : plainBody(text);
    const parts = {
      meshId: this.mesh.meshId,
      senderPubkey: sender.publicKey,
      targetSpec,
      clientMessageId: id,
      priority,
      meta: meta ?? '',
      ...sealed,
    };
    return {
      type: 'send',
      id,
      client_message_id: id,
      request_fingerprint: Buffer.from(row.request_fingerprint).toString('hex'),
      targetSpec,
      priority,
      ...sealed,
      ...(replyToId === null ? {} : { replyToId }),
      ...(grouped ? { bodyVersion: SEALED_GROUP } : {}),
      ...(signed
        ? {
            ...(meta === null ? {} : { meta: JSON.parse(meta) as unknown }),
            signature: this.signatures.sign(messageText({ ...parts, replyToId: replyToId ?? undefined }), sender),
          }
        : {}),
    };
  }

  /** `keys`: whose boxes we may open, the likeliest first. `meta` is canonical JSON. */
  open(push: Push, clientMessageId: string, keys: readonly Keys[], meta: string): Opened {
    const { targetSpec = null, topic = null, signature, senderPubkey, priority, replyToId, nonce, ciphertext } = push;
    const said = topic ?? (targetSpec !== null && !isKey(targetSpec) ? targetSpec : null);
    if (typeof signature === 'string') {
      const parts = { meshId: this.mesh.meshId, senderPubkey, targetSpec: targetSpec ?? '', clientMessageId, priority, meta, nonce, ciphertext };
      const holds = this.signatures.holds(messageText({ ...parts, replyToId: replyToId ?? undefined }), signature, senderPubkey);
      // Something was altered on the way: nothing of it is believed.
      if (!holds) return { body: null, topic: said, signed: false };
    }
    const signed = typeof signature === 'string';
    const direct = () =>
      this.box.open(
        push,
        senderPubkey,
        keys.map(({ secretKey }) => secretKey),
      );
    if (targetSpec !== null && isKey(targetSpec)) return { body: direct(), topic: null, signed };
    if (push.bodyVersion === SEALED_GROUP) {
      const key = this.mesh.rootKey === null || targetSpec === null ? null : this.groupKey(targetSpec);
      return { body: key && openWithKey(this.sodium, push, key), topic: said, signed };
    }
    if (said !== null) return { body: readPlainBody(push), topic: said, signed };
    const body = direct();
    if (body !== null) return { body, topic: null, signed };
    // A broker that does not say for whom a message is names the sender, and leaves out its id, on what it sends to many: only that is read as text.
    const toMany = typeof push.client_message_id !== 'string' && typeof push.senderMemberPubkey === 'string';
    return toMany ? { body: readPlainBody(push), topic: '*', signed } : { body: null, topic: null, signed };
  }

  private groupKey(target: string): Uint8Array {
    let key = this.groups.get(target);
    if (!key) {
      key = groupKey(this.sodium, this.mesh.rootKey!, target);
      if (this.groups.size < 1000) this.groups.set(target, key);
    }
    return key;
  }
}
