import { ago, button, chip, command, h } from './dom.js';
import { act } from './page.js';

const YES = /^(allow|accept)/;

/** What somebody wants to do, as far as it can be shown in a line or a block. */
export const shownInput = (input) => {
  if (input === null || input === undefined) return null;
  if (Array.isArray(input.command)) return h('pre', {}, command(input.command));
  return h('pre', {}, typeof input === 'string' ? input : JSON.stringify(input, null, 2));
};

/** One question of an agent, with a button for each answer it takes. */
export function question(approval, after) {
  const { session_id: id, approval_id, tool_name, input, options, expires_at_ns } = approval;
  const answer = ({ option_id, name }) => act('session_answer', { id, approval_id, option_id }, { done: `Answered: ${name}`, after });
  return h(
    'div',
    { class: 'question', role: 'group', 'aria-label': `Approval of ${tool_name}` },
    h('p', {}, chip('waiting'), h('b', {}, tool_name), expires_at_ns ? h('span', { class: 'note' }, `expires ${ago(expires_at_ns)}`) : null),
    shownInput(input),
    h(
      'div',
      { class: 'actions' },
      options.map((option) => button(option.name, () => answer(option), { class: YES.test(option.kind) ? 'main' : 'danger' })),
    ),
  );
}
