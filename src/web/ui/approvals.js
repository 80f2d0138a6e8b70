import { call } from './api.js';
import { ago, button, chip, empty, h } from './dom.js';
import { act, page } from './page.js';
import { shownInput } from './question.js';

/** The arguments are JSON, unless they had to be shortened. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What agents ask leave for, those of sessions too, and what was answered lately. */
export function approvals() {
  const pending = h('div', { class: 'stack' });
  const lately = h('div');
  let drawn = '';

  const card = ({ approval_id, kind, session_id, tool, command, arguments: input, asked_by, reason, expires_at_ns }) => {
    const answer = (decision, done) => act('approvals_answer', { approval_id, decision }, { done, after: () => view.refresh() });
    return h(
      'div',
      { class: 'question', role: 'group', 'aria-label': `Approval ${approval_id}: ${tool}` },
      h(
        'p',
        {},
        chip('pending'),
        h('b', {}, [tool, command].filter(Boolean).join(' ')),
        h('span', { class: 'note' }, `${kind === 'permission' ? `${asked_by} in session ${session_id}` : asked_by}, expires ${ago(expires_at_ns)}`),
      ),
      reason ? h('p', {}, reason) : null,
      shownInput(parsed(input)),
      h(
        'div',
        { class: 'actions' },
        button('Allow once', () => answer('allow', 'Allowed once'), { class: 'main' }),
        button('Deny', () => answer('deny', 'Denied'), { class: 'danger' }),
      ),
    );
  };

  const view = {
    element: page('Approvals', [], h('div', { class: 'stack' }, pending, lately)),
    async refresh(signal) {
      const { approvals: all } = await call('approvals_list', { state: 'all', limit: 50 }, { signal });
      const asked = all.filter(({ state }) => state === 'pending');
      // Drawn anew only when another one waits, or a button would lose the focus.
      const now = JSON.stringify(asked.map(({ approval_id }) => approval_id));
      if (now !== drawn) pending.replaceChildren(...(asked.length > 0 ? asked.map(card) : [empty('Nothing waits for an answer.')]));
      drawn = now;
      const over = all.filter(({ state }) => state !== 'pending').slice(0, 20);
      const line = ({ state, tool, command, answered_by, answered_at_ns, requested_at_ns }) =>
        h(
          'li',
          {},
          chip(state),
          h('b', {}, [tool, command].filter(Boolean).join(' ')),
          h('span', { class: 'grow' }, answered_by ? `by ${answered_by}` : ''),
          h('time', {}, ago(answered_at_ns ?? requested_at_ns)),
        );
      lately.replaceChildren(
        ...(over.length > 0 ? [h('h2', {}, 'Lately'), h('div', { class: 'panel' }, h('ul', { class: 'rows' }, over.map(line)))] : []),
      );
    },
  };
  return view;
}
