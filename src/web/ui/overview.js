import { call, get } from './api.js';
import { ago, bytes, clockOnly, duration, empty, figure, h, number } from './dom.js';
import { jobChip, jobName } from './jobs.js';
import { nameOf, summary } from './events.js';
import { isOutput } from './feed.js';
import { page } from './page.js';

const RECENT = 8;

export function overview({ ops, feed }) {
  const figures = h('div', { class: 'figures' });
  const recent = h('div');
  const latest = h('ul', { class: 'rows' });

  /** Each asks for itself: a token that may not read one thing still shows the others. */
  const tiles = (signal) => {
    const ask = (op, input, make) => (ops.has(op) ? call(op, input, { signal }).then(make, () => null) : null);
    return Promise.all([
      get('/health?verbose', { signal }).then(({ state, uptime_ms, version }) =>
        figure('Health', state, `zd ${version}, up ${duration(uptime_ms)}`, '#/health', state === 'ok' ? 'good' : 'bad'),
      ),
      ask('job_list', { state: 'running', limit: 1000 }, ({ count }) => figure('Jobs running', count, 'now', '#/jobs')),
      ask('session_list', {}, ({ sessions = [] }) =>
        figure(
          'Sessions',
          sessions.filter(({ state }) => state !== 'closed').length,
          `${sessions.filter(({ state }) => state === 'running').length} at work`,
          '#/sessions',
        ),
      ),
      ask('approvals_list', {}, ({ count }) =>
        figure('Approvals', count, count > 0 ? 'wait for you' : 'nothing waits', '#/approvals', count > 0 && 'wait'),
      ),
      ask('schedule_list', { enabled_only: true }, ({ schedules }) => {
        const next = schedules.filter((each) => each.next_run_ns).toSorted((a, b) => a.next_run_ns - b.next_run_ns)[0];
        return figure('Schedules', schedules.length, next ? `next ${ago(next.next_run_ns)}` : 'none is due', '#/schedules');
      }),
      ask('lock_list', { limit: 1000 }, ({ total, locks }) => {
        const waiting = locks.reduce((sum, { waiters }) => sum + waiters, 0);
        return figure('Locks held', total, waiting > 0 ? `${waiting} in line` : 'nobody waits', '#/locks');
      }),
      ask('cache_stats', {}, ({ key_count, byte_count }) => figure('Cache', number(key_count), bytes(byte_count), '#/storage')),
      ask('artifact_stat', {}, ({ names, stored_bytes }) => figure('Artifacts', number(names), bytes(stored_bytes), '#/storage')),
    ]);
  };

  const showJobs = async (signal) => {
    if (!ops.has('job_list')) return;
    const { jobs } = await call('job_list', { limit: RECENT }, { signal });
    const line = (job) =>
      h(
        'li',
        {},
        jobChip(job),
        h('a', { class: 'grow', href: `#/jobs/${job.id}` }, jobName(job)),
        h('time', {}, ago(job.finished_at ?? job.started_at ?? job.created_at)),
      );
    recent.replaceChildren(
      h('h2', {}, 'Latest jobs'),
      h(
        'div',
        { class: 'panel' },
        jobs.length ? h('ul', { class: 'rows' }, jobs.map(line)) : empty('None yet. Start one with ', 'zd run -- make test'),
      ),
    );
  };

  const showEvents = () => {
    const shown = feed
      .events(false)
      .filter(({ mark }) => mark === undefined)
      .slice(-RECENT)
      .reverse();
    latest.replaceChildren(
      ...(shown.length === 0 ? [h('li', { class: 'note' }, 'Waiting for the next event.')] : []),
      ...shown.map((event) =>
        h('li', {}, h('time', {}, clockOnly(event.ts_ns)), h('b', {}, nameOf(event)), h('span', { class: 'grow cut' }, summary(event).slice(0, 200))),
      ),
    );
  };

  let asked = false;
  const listen = (event) => {
    if (asked || (event !== null && isOutput(event))) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      showEvents();
    });
  };
  feed.listeners.add(listen);
  showEvents();
  return {
    element: page(
      'Overview',
      [],
      h(
        'div',
        { class: 'stack' },
        figures,
        h('div', { class: 'two' }, recent, h('div', {}, h('h2', {}, 'Latest events'), h('div', { class: 'panel' }, latest))),
      ),
    ),
    async refresh(signal) {
      const [shown] = await Promise.all([tiles(signal), showJobs(signal).catch(() => {})]);
      if (!signal?.aborted) figures.replaceChildren(...shown.filter(Boolean));
    },
    close: () => feed.listeners.delete(listen),
  };
}
