import { defineOp } from '../../kernel/op';
import { Outcome, outcome, prepare, Publication, send } from './publication';

export const publish = defineOp({
  name: 'publish',
  summary: 'Publish an event: it is stored in the log, then sent to every stream it matches.',
  description: [
    'The reply comes after the event is stored. The event has the scope of the caller, which is `http` here; patterns for `shell:0` match it too.',
    'With `retain` it is also kept as the latest of its scope and topic (and session), whatever retention does: streams with `retained=true` get it when they begin. One with `retain` and without data is published too, and clears it.',
    'With `ephemeral` it is sent to the live streams and never stored: its frames have `seq` null and carry the id of the last stored event before it, so resuming by that id brings all that was stored later and never an ephemeral event again.',
    'Data with `"_ephemeral_credentials":true` is ephemeral without asking, loses the mark, and is sent to nobody while `http.open` is set.',
    'An event with a `session_id`, given here or as a member of `data`, is private: only streams of that session get it. What `data` calls `"source":"observability"` is public in any case.',
  ].join('\n'),
  scope: 'event.write',
  effect: 'write',
  input: Publication,
  output: Outcome,
  errors: ['too_large', 'foreign_scope', 'too_many'],
  cli: { path: ['publish'], positional: ['topic', 'data'], json: ['data'], rename: { ttl_secs: 'ttl' }, essential: 'delivered_to' },
  example: { topic: 'build.done', data: { project: 'zd', green: true } },
  handle: async ({ events }, input, call) => {
    const prepared = prepare(input, call);
    return outcome(await send(events, prepared), prepared);
  },
});
