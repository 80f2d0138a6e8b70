import type { Call, Services } from '../../kernel/context';
import type {} from '../shell/service';

/** Whose queue a call means: that of its own shell, or with the scope `ask.admin` any other's. Throws `no_shell`. */
export function queueOf({ shells }: Pick<Services, 'shells'>, asked: number | undefined, call: Call<'no_shell'>): number {
  const self = shells.callerOf(call.caller)?.id;
  if (asked === undefined) {
    if (self === undefined) throw call.fail('no_shell', 'This call comes from no registered shell.');
    return self;
  }
  if (asked !== self) call.need('ask.admin');
  if (!shells.find(asked)) throw call.fail('no_shell', `There is no shell ${asked}.`, { path: '/shell_id' });
  return asked;
}
