import { ZdError } from '../../kernel/error';
import { nullable, t, type Static } from '../../kernel/schema';
import { EndState } from './end_state';
import { nextTurn } from './next_turn';
import { Attrs, DefinitionName, File, FnChain, Line, ShellId, ValueArray, ValueAssoc } from './schema';

const Time = t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER * 1024, description: 'Nanoseconds since the Unix epoch.' });
const Text = nullable(t.String({ maxLength: 65_536 }));

const Event = t.Object({
  order_idx: t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  ts_ns: Time,
  kind: t.String({ minLength: 1, maxLength: 64 }),
  name: DefinitionName,
  value: t.Optional(nullable(t.String())),
  file: t.Optional(nullable(File)),
  line: t.Optional(nullable(Line)),
  fn_chain: t.Optional(nullable(FnChain)),
  attrs: t.Optional(nullable(Attrs)),
  value_array: t.Optional(nullable(ValueArray)),
  value_assoc: t.Optional(nullable(ValueAssoc)),
  shell_id: t.Optional(nullable(ShellId)),
});

/** Fields that are not named here are for later versions of the protocol, and pass. */
export const Bundle = t.Object(
  {
    started_at_ns: Time,
    finished_at_ns: Time,
    cmdline: t.Optional(Text),
    zdotdir: t.Optional(Text),
    home: t.Optional(Text),
    shell_id: t.Optional(nullable(ShellId)),
    events: t.Array(Event, { maxItems: 1_000_000 }),
    end_state: t.Optional(nullable(EndState)),
    replace: t.Optional(
      t.Union([t.Literal('all'), t.Literal('touched')], {
        default: 'all',
        description: 'all: what the bundle does not mention is gone from the shell. touched: that holds only for kinds it mentions.',
      }),
    ),
    redact: t.Optional(t.Boolean({ description: 'Withhold values that look like secrets.' })),
  },
  { additionalProperties: true },
);
export type BundleInput = Static<typeof Bundle>;
export type BundleEvent = Static<typeof Event>;

const NONE: readonly string[] = [];

const bad = (path: string, what: string): ZdError => new ZdError('bad_args', `${path}: ${what}`, { path });

/** Events looked at before others get their turn. */
const STEP = 2000;

/** The events by order_idx. Refuses what the schema cannot: a number used twice, a text that cannot be stored, a value over the limit. */
export async function orderedEvents({ events }: BundleInput, maxValueBytes: number): Promise<BundleEvent[]> {
  const order = events.map((_, at) => at);
  if (events.some(({ order_idx }, at) => at > 0 && order_idx <= events[at - 1]!.order_idx))
    order.sort((a, b) => events[a]!.order_idx - events[b]!.order_idx);
  for (const [place, at] of order.entries()) {
    const before = place > 0 ? order[place - 1]! : null;
    if (before !== null && events[before]!.order_idx === events[at]!.order_idx)
      throw bad(`/events/${at}/order_idx`, `${events[at]!.order_idx} is used twice`);
    checkTexts(events[at]!, maxValueBytes, `/events/${at}`);
    if (place % STEP === STEP - 1) await nextTurn();
  }
  return order.map((at) => events[at]!);
}

/** What every record must keep to, wherever it comes from. */
export function checkTexts(
  {
    name,
    value,
    value_array,
    value_assoc,
    file,
    fn_chain,
  }: Pick<BundleEvent, 'name' | 'value' | 'value_array' | 'value_assoc' | 'file' | 'fn_chain'>,
  maxValueBytes: number,
  path: string,
): void {
  for (const [field, text] of [
    ['name', name],
    ['file', file],
    ['fn_chain', fn_chain],
    ['value', value],
  ] as const)
    if (text != null && !text.isWellFormed()) throw bad(`${path}/${field}`, 'a surrogate stands alone');
  const lists = value_array || value_assoc ? [...(value_array ?? []).map((text) => [text]), ...(value_assoc ?? [])].flat() : NONE;
  if (lists.some((text) => !text.isWellFormed())) throw bad(`${path}/value_array`, 'a surrogate stands alone');
  const chars = lists.reduce((sum, text) => sum + text.length, value?.length ?? 0);
  if (chars * 3 <= maxValueBytes) return;
  const bytes = [value ?? '', ...lists].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= maxValueBytes) return;
  const extra = { limit: maxValueBytes };
  const message = `The value of ${JSON.stringify(name.slice(0, 100))} has ${bytes} bytes, the limit is ${maxValueBytes} (definitions.max_value_bytes).`;
  throw new ZdError('too_large', message, { path: `${path}/value`, extra });
}
