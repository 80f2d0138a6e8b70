import { digestOf, type AccessRules, type Token } from '../transport/access';
import { perVersion, type LiveConfig } from './live';
import { isLoopback, parseListen } from './values';

/** The label of the token in the state folder. */
const OWN_TOKEN = 'zd';

/** The rules of the TCP gate, built anew only when the configuration changes. */
export function accessRules(config: LiveConfig, secret: string): () => AccessRules {
  const listen = parseListen(config.value('http.listen'));
  const build = (): AccessRules => {
    const open = config.value('http.open');
    const own: Token[] = open || listen === null ? [] : [{ label: OWN_TOKEN, digest: digestOf(secret), scopes: ['*'] }];
    const configured = config
      .value('http.tokens')
      .map(({ label, secret, scopes }): Token => ({ label, digest: digestOf(secret), scopes: scopes ?? ['*'] }));
    return {
      tokens: [...own, ...configured],
      open,
      hosts: [
        ...config.value('http.allowed_hosts').map((host) => host.toLowerCase()),
        ...(listen && !isLoopback(listen.host) ? [listen.host.toLowerCase()] : []),
      ],
      origins: config.value('http.allowed_origins'),
      metricsOpen: config.value('http.metrics_open') && (listen === null || isLoopback(listen.host)),
    };
  };
  return perVersion(config, build);
}
