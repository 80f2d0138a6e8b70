import { LEVELS } from '../kernel/log';
import { DECISIONS, type Setting } from './setting';
import { artifactSettings } from './settings/artifact';
import { cacheSettings } from './settings/cache';
import { eventsSettings } from './settings/events';
import { httpSettings } from './settings/http';
import { jobSettings } from './settings/job';
import { limitsSettings } from './settings/limits';
import { lockSettings } from './settings/lock';
import { logSettings } from './settings/log';
import { mcpSettings } from './settings/mcp';
import { policySettings } from './settings/policy';
import { runtimeSettings } from './settings/runtime';
import { scheduleSettings } from './settings/schedule';
import { shutdownSettings } from './settings/shutdown';
import { watchSettings } from './settings/watch';
import { webhookSettings } from './settings/webhook';

/** Every setting once, in the order in which they are shown. */
export const SETTINGS: readonly Setting[] = [
  ...httpSettings,
  ...logSettings,
  ...limitsSettings,
  ...cacheSettings,
  ...eventsSettings,
  ...lockSettings,
  ...jobSettings,
  ...scheduleSettings,
  ...artifactSettings,
  ...watchSettings,
  ...shutdownSettings,
  ...mcpSettings,
  ...policySettings,
  ...runtimeSettings,
  ...webhookSettings,
];
const byKey = new Map<string, Setting>(SETTINGS.map((each) => [each.key, each]));
export const findSetting = (key: string): Setting | undefined => byKey.get(key);
export const SECTIONS: readonly string[] = [...new Set(SETTINGS.map((each) => each.key.split('.', 1)[0]!))];

/** What a value must look like, for error texts. */
export function expectation(setting: Setting): string {
  switch (setting.type) {
    case 'listen':
      return 'HOST:PORT such as "127.0.0.1:7733" or "[::1]:7733", or "off"';
    case 'boolean':
      return 'true or false';
    case 'hosts':
      return 'a list of host names such as ["zd.test"]';
    case 'origins':
      return 'a list of exact origins such as ["http://localhost:3000"]';
    case 'names':
      return 'a list of areas and operations such as ["cache", "job_submit"], or ["*"]';
    case 'tokens':
      return 'a table of LABEL = "TOKEN" or LABEL = { token = "TOKEN", scopes = [...] }';
    case 'webhooks':
      return 'tables [webhook.CHANNEL] with secret = "..." and, where it is not the default, header = "..."';
    case 'decision':
      return `one of ${DECISIONS.join(', ')}`;
    case 'rules':
      return 'a list of tables { decision, tool, command, pattern, reason }';
    case 'level':
      return `one of ${LEVELS.join(', ')}`;
    case 'kinds':
      return 'a table of KIND = { max_count = N, max_age_secs = N, max_bytes = N }';
    case 'integer':
      return `an integer from ${setting.min} to ${setting.max}`;
  }
}
