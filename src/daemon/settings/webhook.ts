import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly webhook: readonly WebhookSetting[];
  }
}

/** What outside services send. */
export const webhookSettings = [
  setting('webhook', [], {
    type: 'webhooks',
    env: null,
    doc: 'Channels of /webhook/CHANNEL that take a signature: [webhook.CHANNEL] with secret, and header (x-hub-signature-256 by default).',
  }),
];
