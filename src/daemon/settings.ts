import { LEVELS } from '../kernel/log';
import type { Setting } from './setting';
import { artifactSettings } from './settings/artifact';
import { cacheSettings } from './settings/cache';
import { definitionsSettings } from './settings/definitions';
import { eventsSettings } from './settings/events';
import { historySettings } from './settings/history';
import { httpSettings } from './settings/http';
import { jobSettings } from './settings/job';
import { limitsSettings } from './settings/limits';
import { lockSettings } from './settings/lock';
import { logSettings } from './settings/log';
import { mcpSettings } from './settings/mcp';
import { policySettings } from './settings/policy';
import { runtimeSettings } from './settings/runtime';
import { meshSettings } from './settings/mesh';
import { scheduleSettings } from './settings/schedule';
import { shellSettings } from './settings/shell';
import { sessionSettings } from './settings/session';
import { shutdownSettings } from './settings/shutdown';
import { snapshotSettings } from './settings/snapshot';
import { watchSettings } from './settings/watch';
import { webhookSettings } from './settings/webhook';

/** Every setting once, in the order in which they are shown. */
export const SETTINGS: readonly Setting[] = [
  ...httpSettings,
  ...logSettings,
  ...limitsSettings,
  ...cacheSettings,
  ...eventsSettings,
  ...definitionsSettings,
  ...lockSettings,
  ...jobSettings,
  ...scheduleSettings,
  ...artifactSettings,
  ...watchSettings,
  ...snapshotSettings,
  ...shellSettings,
  ...historySettings,
  ...meshSettings,
  ...shutdownSettings,
  ...mcpSettings,
  ...policySettings,
  ...runtimeSettings,
  ...webhookSettings,
  ...sessionSettings,
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
    case 'patterns':
      return 'a list of patterns such as ["pass *", "* --dry-run"]';
    case 'tokens':
      return 'a table of LABEL = "TOKEN" or LABEL = { token = "TOKEN", scopes = [...] }';
    case 'webhooks':
      return 'tables [webhook.CHANNEL] with secret = "..." and, where it is not the default, header = "..."';
    case 'rules':
      return 'a list of tables { decision, tool, command, pattern, reason }';
    case 'text':
    case 'secret':
      return 'a text of one line';
    case 'agents':
      return 'tables [agents.NAME] with driver = "acp" and command = [...], or driver = "openai" with base_url and model';
    case 'level':
      return `one of ${LEVELS.join(', ')}`;
    case 'choice':
      return `one of ${setting.choices.join(', ')}`;
    case 'kinds':
      return 'a table of KIND = { max_count = N, max_age_secs = N, max_bytes = N }';
    case 'integer':
      return `an integer from ${setting.min} to ${setting.max}`;
  }
}
