import { History, type Announce } from '../../areas/history/history';
import type { KnownNames } from '../../areas/history/names';
import type { Ground } from '../ground';

/** `names`: what the shells define; `announce`: who is told of long commands. */
export function composeHistory({ stack, zdDb, events, clock, config, parts }: Ground, names: KnownNames, announce: Announce): History {
  const limits = () => ({
    paused: config.value('history.private'),
    leadingSpace: config.value('history.ignore_space'),
    patterns: config.value('history.ignore'),
    redact: config.value('history.redact'),
    maxLineBytes: config.value('history.max_line_bytes'),
    maxEntries: config.value('history.max_entries'),
    maxAgeMs: config.value('history.max_age_secs') * 1000,
    longCommandMs: config.value('history.long_command_ms'),
  });
  const history = stack.adopt(new History(zdDb, events, clock, limits, names, announce), (each) => each.stop());
  parts.add(history.part);
  return history;
}
