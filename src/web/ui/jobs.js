import { call } from './api.js';
import { ago, button, bytes, chip, clock, command, duration, empty, explain, facts, h, millis } from './dom.js';
import { List } from './list.js';
import { Output } from './output.js';
import { act, ListPage } from './page.js';

const OVER = ['exited', 'failed', 'killed', 'cancelled', 'timed_out', 'interrupted', 'skipped'];
const PAGE = 200;

/** A job that ended with a code other than 0 did not end well. */
export const jobChip = ({ state, exit_code }) => (state === 'exited' && exit_code !== 0 ? chip(`exit ${exit_code}`, 'bad') : chip(state));
export const jobName = (job) => job.name ?? command(job.command);
export const isOver = ({ state }) => OVER.includes(state);

const took = ({ started_at, duration_ms, state }) =>
  started_at === null ? '' : duration(state === 'running' ? Date.now() - millis(started_at) : duration_ms);

export function jobs({ go, ops }) {
  const state = h(
    'select',
    { 'aria-label': 'State of the jobs' },
    [['', 'All states'], ...['running', 'queued', 'paused', ...OVER].map((each) => [each, each.replace('_', ' ')])].map(([value, text]) =>
      h('option', { value }, text),
    ),
  );
  const list = new List({
    label: 'Jobs',
    key: (job) => job.id,
    columns: [
      { title: 'Job', kind: 'num', cell: (job) => job.id },
      { title: 'State', cell: jobChip },
      { title: 'Command', kind: 'wide', cell: jobName },
      { title: 'Took', kind: 'num', cell: took },
      { title: 'Began', kind: 'when', cell: (job) => ago(job.started_at ?? job.created_at) },
    ],
  });
  const view = new ListPage({
    name: 'jobs',
    title: 'Jobs',
    tools: state,
    list,
    go,
    nothing: empty('No jobs here. Start one with ', 'zd run -- make test'),
    load: async (signal) => (await call('job_list', { limit: PAGE, ...(state.value ? { state: state.value } : {}) }, { signal })).jobs,
    detail: (key) => jobDetail(Number(key), () => view.refresh(), { go, ops }),
  });
  state.addEventListener('change', () => view.refresh());
  return view;
}

function jobDetail(id, changed, { go, ops }) {
  const title = h('h2', {}, `Job ${id}`);
  const actions = h('div', { class: 'actions' });
  const about = h('div');
  const place = h('div', { class: 'grow' });
  let output = null;
  let drawn = '';

  const tools = (job) => {
    const after = changed;
    if (isOver(job))
      return ops.has('job_restart')
        ? [button('Run again', () => act('job_restart', { id }, { done: 'Started again', after: (reply) => go(`jobs/${reply.job_id}`) }))]
        : [];
    return [
      button('Cancel', () =>
        act(
          'job_cancel',
          { id },
          { sure: [`Cancel job ${id}?`, 'It is asked to end, and killed when it does not.'], yes: 'Cancel job', done: `Job ${id} is over`, after },
        ),
      ),
      button(
        'Kill',
        () =>
          act(
            'job_kill',
            { id, signal: 'KILL' },
            {
              sure: [`Kill job ${id}?`, 'All its processes end at once, with no chance to clean up.'],
              yes: 'Kill job',
              done: `Job ${id} was killed`,
              after,
            },
          ),
        { class: 'danger' },
      ),
    ];
  };

  const update = async (row) => {
    let job = row;
    try {
      job ??= (await call('job_status', { id })).job;
    } catch (error) {
      return void about.replaceChildren(empty(explain(error)));
    }
    title.replaceChildren(job.name ?? `Job ${id}`, ' ', jobChip(job));
    // Drawn anew only when something is different, or a button would lose the focus at every refresh.
    const now = JSON.stringify([job.state, job.exit_code, job.attempt]);
    if (now !== drawn) {
      drawn = now;
      actions.replaceChildren(...tools(job));
      about.replaceChildren(
        facts([
          ['Command', h('code', {}, command(job.command))],
          ['Folder', h('code', {}, job.cwd)],
          ['Number', String(id)],
          ['Began', job.started_at ? clock(job.started_at) : 'not yet'],
          ['Ended', job.finished_at ? `${clock(job.finished_at)} (took ${took(job)})` : null],
          ['Result', job.error ?? (job.signal ? `ended by signal ${job.signal}` : job.exit_code === null ? null : `exit code ${job.exit_code}`)],
          ['Process', job.pid === null ? null : String(job.pid)],
          ['Tags', job.tags.join(', ')],
          ['Group', job.group === 'default' ? null : job.group],
          ['Written', job.finished_at ? bytes(job.stdout_bytes + job.stderr_bytes) : null],
        ]),
      );
    }
    if (!output) {
      output = new Output(job, changed);
      place.replaceChildren(output.element);
    }
  };
  return { element: h('div', { class: 'stack' }, title, actions, about, place), update, close: () => output?.close() };
}
