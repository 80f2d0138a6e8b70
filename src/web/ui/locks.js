import { call } from './api.js';
import { ago, button, chip, clock, duration, empty, explain, facts, h } from './dom.js';
import { List } from './list.js';
import { act, ListPage } from './page.js';

const holder = ({ owner, holder_pid }) => owner ?? (holder_pid > 0 ? `process ${holder_pid}` : 'a lease');
const kind = ({ slots, shared }) => (slots ? `${slots} slots` : shared ? 'shared' : 'exclusive');

export function locks({ go }) {
  const list = new List({
    label: 'Locks',
    key: (lock) => `${lock.fence}:${lock.name}`,
    columns: [
      { title: 'Lock', kind: 'wide', cell: (lock) => lock.name },
      { title: 'Held by', cell: holder },
      { title: 'For', kind: 'num', cell: (lock) => duration(lock.age_ns / 1e6) },
      { title: 'Ends', kind: 'when', cell: (lock) => ago(lock.expires_at_ns) },
      { title: 'Waiting', kind: 'num', cell: (lock) => (lock.waiters > 0 ? chip(String(lock.waiters), 'wait') : '0') },
    ],
  });
  const view = new ListPage({
    name: 'locks',
    title: 'Locks',
    list,
    go,
    nothing: empty('No lock is held. Hold one with ', 'zd lock run deploy -- ./deploy.sh'),
    load: async (signal) => (await call('lock_list', { limit: 500 }, { signal })).locks,
    detail: (key) => lockDetail(key, () => view.refresh()),
  });
  return view;
}

function lockDetail(key, changed) {
  const fence = Number(key.slice(0, key.indexOf(':')));
  const name = key.slice(key.indexOf(':') + 1);
  const sure = [`Break the lock “${name}”?`, 'Its holder goes on working and does not know that it has lost it. The next in line gets it at once.'];
  const cut = button(
    'Break',
    () => act('lock_break', { name, fence }, { sure, yes: 'Break lock', done: `The lock “${name}” is broken`, after: changed }),
    {
      class: 'danger',
    },
  );
  const about = h('div');
  const line = h('div');
  const update = async (lock) => {
    cut.disabled = !lock;
    if (!lock) {
      line.replaceChildren();
      return about.replaceChildren(empty('This grant is over.'));
    }
    about.replaceChildren(
      facts([
        ['Held by', holder(lock)],
        ['Kind', kind(lock)],
        ['Process', lock.holder_pid > 0 ? `${lock.holder_pid} (${lock.alive ? 'alive' : 'gone'})` : null],
        ['Since', clock(lock.acquired_at_ns)],
        ['Ends', lock.expires_at_ns ? `${clock(lock.expires_at_ns)}, ${ago(lock.expires_at_ns)}` : 'with its process'],
        ['Fencing number', String(lock.fence)],
      ]),
    );
    try {
      const { waiters } = await call('lock_wait_info', { name });
      line.replaceChildren(
        h('h3', {}, `In line (${waiters.length})`),
        waiters.length === 0
          ? empty('Nobody waits.')
          : h(
              'ol',
              { class: 'rows' },
              waiters.slice(0, 50).map((each) => h('li', {}, h('span', { class: 'grow' }, holder(each)), h('span', {}, kind(each)))),
            ),
      );
    } catch (error) {
      line.replaceChildren(empty(explain(error)));
    }
  };
  return { element: h('div', { class: 'stack' }, h('h2', {}, name), h('div', { class: 'actions' }, cut), about, line), update };
}
