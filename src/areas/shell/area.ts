import type { Area } from '../../kernel/registry';
import { cmdFinished } from './cmd_finished';
import { cmdResult } from './cmd_result';
import { cmdStarted } from './cmd_started';
import { listShells } from './list';
import { notify } from './notify';
import { register } from './register';
import { send } from './send';
import { tag } from './tag';
import { takeDeliveries } from './take_deliveries';
import { unregister } from './unregister';
import { untag } from './untag';

export const shellArea: Area = {
  name: 'shell',
  summary: 'The shells of this machine: list and tag them, send them commands and messages.',
  ops: [register, unregister, listShells, tag, untag, send, cmdResult, cmdStarted, cmdFinished, notify, takeDeliveries],
};
