import { Asks } from '../../areas/ask/asks';
import { AskStore } from '../../areas/ask/store';
import { LongCommands } from '../../areas/shell/long_commands';
import { Shells } from '../../areas/shell/shells';
import { ShellStore } from '../../areas/shell/store';
import type { Services } from '../../kernel/context';
import type { Ground } from '../ground';

/** The shells, and what their users are asked. */
export function composeShells({ stack, zdDb, events, clock, log, paths, config, parts, onStart, onStop }: Ground): {
  shells: Shells;
  asks: Services['asks'];
} {
  const user = process.env.USER ?? '';
  const shellLimits = () => ({ maxShells: config.value('shell.max_shells') });
  const shells = stack.adopt(new Shells(zdDb, new ShellStore(zdDb, events), clock, log, shellLimits, user, paths.shellsDir), (each) => each.stop());
  const askLimits = () => ({
    maxPending: config.value('ask.max_pending'),
    leaseMs: config.value('ask.lease_secs') * 1000,
    keepMs: config.value('ask.keep_secs') * 1000,
  });
  const asks = stack.adopt(new Asks(zdDb, new AskStore(zdDb), shells, events, clock, log, askLimits), (each) => each.stop());
  parts.add(shells.part);
  parts.add(asks.part);
  onStart(() => shells.start());
  onStop(() => {
    shells.stop();
    asks.stop();
  });
  return { shells, asks };
}

/** `shown`: a line as others may see it, null when nobody is to. */
export function composeLongCommands({ events, clock, paths, config, parts }: Ground, shells: Shells, shown: (line: string) => string | null): void {
  parts.add(new LongCommands(shells, events, clock, paths.shellsDir, () => config.value('shell.long_command_ms'), shown).part);
}
