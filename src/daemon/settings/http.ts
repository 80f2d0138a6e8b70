import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'http.listen': string;
    readonly 'http.open': boolean;
    readonly 'http.allowed_hosts': readonly string[];
    readonly 'http.allowed_origins': readonly string[];
    readonly 'http.tokens': readonly TokenSetting[];
    readonly 'http.metrics_open': boolean;
  }
}

/** The TCP door: where it listens, who may come in. */
export const httpSettings = [
  setting('http.listen', '127.0.0.1:7733', {
    type: 'listen',
    needsRestart: true,
    doc: 'Address and port of the TCP listener, or "off" for the unix socket alone. Port 0 takes a free one.',
  }),
  setting('http.open', false, {
    type: 'boolean',
    doc: 'No token needed on loopback. Refused together with tokens or an address that is not loopback.',
  }),
  setting('http.allowed_hosts', [], { type: 'hosts', doc: 'Names in `Host` that zd answers to, beside localhost, 127.0.0.1 and [::1].' }),
  setting('http.allowed_origins', [], { type: 'origins', doc: 'Exact origins of web pages that may call the API.' }),
  setting('http.tokens', [], {
    type: 'tokens',
    env: null,
    doc: 'Bearer tokens by label: a string has full access, a table {token, scopes} what its scopes grant.',
  }),
  setting('http.metrics_open', true, { type: 'boolean', doc: 'Whether /metrics answers without a token on loopback.' }),
];
