import type { Draft } from './row';

/** Which member of an event's data grows when pieces are joined, and which one they must have in common. */
const JOINED: Readonly<Partial<Record<Draft['type'], { readonly grows: string; readonly same: string }>>> = {
  text: { grows: 'content', same: 'message_id' },
  thinking: { grows: 'content', same: 'message_id' },
  tool_use_delta: { grows: 'delta', same: 'tool_id' },
  tool_result_delta: { grows: 'delta', same: 'tool_id' },
};

/** Characters of one event's text: what is longer becomes several events. */
export const PIECE_CHARS = 32 * 1024;

/** Whether the second continues the first, so that they may be one event. */
const continues = (first: Draft, second: Draft): boolean => {
  const how = JOINED[second.type];
  return how !== undefined && first.type === second.type && first.turn === second.turn && first.data[how.same] === second.data[how.same];
};

/** Neighbours of the same message as one event each, none longer than the bound; everything else as it is, in order. */
export function join(drafts: readonly Draft[]): Draft[] {
  const out: { first: Draft; texts: string[]; raws: string[]; chars: number }[] = [];
  for (const draft of drafts.flatMap(split)) {
    const last = out.at(-1);
    const text = textOf(draft);
    if (last && continues(last.first, draft) && last.chars + text.length <= PIECE_CHARS) {
      last.texts.push(text);
      last.chars += text.length;
      if (draft.raw) last.raws.push(draft.raw);
    } else out.push({ first: draft, texts: [text], raws: draft.raw ? [draft.raw] : [], chars: text.length });
  }
  return out.map(({ first, texts, raws }) =>
    texts.length === 1 ? first : { ...first, data: { ...first.data, [JOINED[first.type]!.grows]: texts.join('') }, raw: raws.join('\n') },
  );
}

const textOf = (draft: Draft): string => {
  const how = JOINED[draft.type];
  return how ? String(draft.data[how.grows]) : '';
};

/** A piece over the bound as several; what the agent wrote stands behind the first. Never within a surrogate pair. */
function split(draft: Draft): Draft[] {
  const how = JOINED[draft.type];
  const text = textOf(draft);
  if (!how || text.length <= PIECE_CHARS) return [draft];
  const pieces: Draft[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + PIECE_CHARS);
    if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
    const { raw, ...rest } = draft;
    pieces.push({ ...rest, data: { ...draft.data, [how.grows]: text.slice(from, to) }, ...(from === 0 && raw ? { raw } : {}) });
    from = to;
  }
  return pieces;
}

/** Bytes a draft is held with, roughly. */
export const weightOf = (draft: Draft): number => textOf(draft).length + (draft.raw?.length ?? 0) + 64;
