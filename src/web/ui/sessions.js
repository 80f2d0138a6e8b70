import { call } from './api.js';
import { ago, button, chip, clock, empty, explain, facts, h, number } from './dom.js';
import { List } from './list.js';
import { act, ListPage } from './page.js';
import { Transcript } from './transcript.js';

const nameOf = ({ title, session_id }) => title ?? session_id;

export function sessions({ go, ops }) {
  const list = new List({
    label: 'Sessions',
    key: (session) => session.session_id,
    columns: [
      { title: 'Session', kind: 'wide', cell: nameOf },
      { title: 'Agent', cell: (session) => session.agent },
      {
        title: 'State',
        cell: (session) => (session.pending_approvals > 0 ? chip(`${session.pending_approvals} to answer`, 'wait') : chip(session.state)),
      },
      { title: 'Turns', kind: 'num', cell: (session) => number(session.turns) },
      { title: 'Changed', kind: 'when', cell: (session) => ago(session.updated_at_ns) },
    ],
  });
  const view = new ListPage({
    name: 'sessions',
    title: 'Sessions',
    list,
    go,
    nothing: empty('No sessions yet. Begin one with ', 'zd session new AGENT'),
    load: async (signal) => (await call('session_list', { limit: 200 }, { signal })).sessions,
    detail: (key) => sessionDetail(key, () => view.refresh(), ops),
  });
  return view;
}

function sessionDetail(id, changed, ops) {
  const title = h('h2', {}, id);
  const stop = button(
    'Cancel turn',
    () => act('session_cancel', { id }, { done: ({ cancelled }) => (cancelled ? 'The turn is cancelled' : 'No turn was under way'), after: changed }),
    {
      class: 'danger',
      hidden: true,
    },
  );
  const about = h('div');
  const transcript = new Transcript(id, changed);
  const update = async (row) => {
    let session = row;
    try {
      session ??= await call('session_info', { id });
    } catch (error) {
      return void about.replaceChildren(empty(explain(error)));
    }
    title.replaceChildren(nameOf(session), ' ', chip(session.state));
    stop.hidden = session.turn_id === null || !ops.has('session_cancel');
    about.replaceChildren(
      facts([
        ['Agent', [session.agent, session.model].filter(Boolean).join(' · ')],
        ['Folder', h('code', {}, session.cwd)],
        ['Began', clock(session.created_at_ns)],
        ['Tokens', `${number(session.input_tokens)} in, ${number(session.output_tokens)} out`],
        ['Viewers', session.viewers > 0 ? number(session.viewers) : null],
        ['Queued', session.queued > 0 ? number(session.queued) : null],
      ]),
    );
  };
  return {
    element: h('div', { class: 'stack' }, title, h('div', { class: 'actions' }, stop), about, h('div', { class: 'grow' }, transcript.element)),
    update,
    close: () => transcript.close(),
  };
}
