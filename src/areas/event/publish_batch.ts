import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Outcome, outcome, prepare, Publication, send } from './publication';

const MAX_EVENTS = 1000;

export const publishBatch = defineOp({
  name: 'publish_batch',
  summary: 'Publish many events in one call and one transaction, in the order given.',
  description: `At most ${MAX_EVENTS}, each as \`publish\` takes it. One that is not valid refuses the whole call with its path. The reply comes after all are stored.`,
  scope: 'event.write',
  effect: 'write',
  input: strict({ events: t.Array(Publication, { minItems: 1, maxItems: MAX_EVENTS }) }),
  output: strict({ published: t.Integer({ minimum: 1 }), events: t.Array(Outcome, { description: 'One for each event, in order.' }) }),
  errors: ['too_large', 'foreign_scope', 'too_many'],
  cli: { path: ['event', 'batch'], positional: ['events'], json: ['events'], essential: 'published' },
  example: { events: [{ topic: 'build.start' }, { topic: 'build.done', data: { green: true } }] },
  handle: async ({ events }, input, call) => {
    const prepared = input.events.map((each, at) => prepare(each, call, `/events/${at}`));
    const done = await Promise.all(prepared.map((each) => send(events, each)));
    return { published: done.length, events: done.map((each, at) => outcome(each, prepared[at]!)) };
  },
});
