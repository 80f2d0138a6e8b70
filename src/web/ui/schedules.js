import { call } from './api.js';
import { ago, button, chip, clock, command, empty, explain, facts, h } from './dom.js';
import { List } from './list.js';
import { act, ListPage } from './page.js';

const stateOf = ({ ended, enabled, last_state, last_exit_code }) => {
  if (ended) return chip('over', 'none');
  if (!enabled) return chip('disabled', 'wait');
  return last_state === 'exited' && last_exit_code !== 0 ? chip(`exit ${last_exit_code}`, 'bad') : chip(last_state ?? 'enabled');
};

export function schedules({ go, ops }) {
  const list = new List({
    label: 'Schedules',
    key: (schedule) => schedule.id,
    columns: [
      { title: 'Schedule', kind: 'wide', cell: (each) => each.name ?? command(each.command) },
      { title: 'When', cell: (each) => each.when },
      { title: 'Next', kind: 'when', cell: (each) => ago(each.next_run_ns) },
      { title: 'Last', kind: 'when', cell: (each) => ago(each.last_run_ns) },
      { title: 'State', cell: stateOf },
    ],
  });
  const view = new ListPage({
    name: 'schedules',
    title: 'Schedules',
    list,
    go,
    nothing: empty('No schedules. Add one with ', "zd schedule add --cron '0 9 * * 1-5' -- ./report.sh"),
    load: async (signal) => (await call('schedule_list', {}, { signal })).schedules,
    detail: (key) => scheduleDetail(Number(key), () => view.refresh(), ops),
  });
  return view;
}

function scheduleDetail(id, changed, ops) {
  const title = h('h2', {}, `Schedule ${id}`);
  const run = button('Run now', () => act('schedule_run_now', { id }, { done: 'Started now', after: changed }), { class: 'main' });
  const flip = button('', () => act(flip.dataset.op, { id }, { done: flip.dataset.done, after: changed }));
  const about = h('div');
  const runs = h('div');

  const update = async (schedule) => {
    if (!schedule) return about.replaceChildren(empty('This schedule is not there any more.'));
    title.replaceChildren(schedule.name ?? `Schedule ${id}`, ' ', stateOf(schedule));
    flip.textContent = schedule.enabled ? 'Disable' : 'Enable';
    flip.dataset.op = schedule.enabled ? 'schedule_disable' : 'schedule_enable';
    flip.dataset.done = schedule.enabled ? 'Disabled' : 'Enabled';
    about.replaceChildren(
      facts([
        ['Command', h('code', {}, command(schedule.command))],
        ['When', `${schedule.when}${schedule.timezone ? ` (${schedule.timezone})` : ''}`],
        ['Next', schedule.next_run_ns ? `${clock(schedule.next_run_ns)}, ${ago(schedule.next_run_ns)}` : 'never'],
        ['Last', schedule.last_run_ns ? clock(schedule.last_run_ns) : 'not yet'],
        ['Folder', schedule.cwd],
        ['If it still runs', schedule.overlap],
        ['If missed', schedule.catch_up.replaceAll('_', ' ')],
        ['Failures', schedule.failures > 0 ? `${schedule.failures} in a row` : null],
        ['Last error', schedule.last_error],
        ['Notes', schedule.notes],
      ]),
    );
    if (!ops.has('schedule_history')) return;
    try {
      runs.replaceChildren(h('h3', {}, 'Runs'), history((await call('schedule_history', { id, limit: 15 })).runs));
    } catch (error) {
      runs.replaceChildren(empty(explain(error)));
    }
  };
  return { element: h('div', { class: 'stack' }, title, h('div', { class: 'actions' }, run, flip), about, runs), update };
}

const history = (all) =>
  all.length === 0
    ? empty('It has not run yet.')
    : h(
        'ul',
        { class: 'rows' },
        all.map(({ state, exit_code, cause, reason, job_id, scheduled_at_ns }) =>
          h(
            'li',
            {},
            exit_code > 0 ? chip(`exit ${exit_code}`, 'bad') : chip(state),
            h('span', { class: 'grow' }, [cause.replaceAll('_', ' '), reason].filter(Boolean).join(', ')),
            job_id ? h('a', { href: `#/jobs/${job_id}` }, `job ${job_id}`) : null,
            h('time', {}, ago(scheduled_at_ns)),
          ),
        ),
      );
