import { call, get } from './api.js';
import { ago, button, chip, duration, empty, explain, figure, h } from './dom.js';
import { page } from './page.js';

export function health({ ops }) {
  const top = h('div', { class: 'figures' });
  const parts = h('ul', { class: 'rows' });
  const checks = h('div');
  const again = button('Check again', () => examine());

  const examine = async (signal) => {
    if (!ops.has('doctor')) return;
    again.disabled = true;
    try {
      const { checks: all } = await call('doctor', {}, { signal });
      const wrong = all.filter(({ status }) => status !== 'ok');
      const line = ({ name, status, detail, remedy }) =>
        h('li', {}, chip(status), h('b', {}, name), h('span', { class: 'grow' }, detail, remedy && h('em', {}, ` ${remedy}`)));
      checks.replaceChildren(
        h('p', { class: 'note' }, `${all.length - wrong.length} of ${all.length} checks are fine.`),
        h('ul', { class: 'rows' }, wrong.map(line)),
        h('details', {}, h('summary', {}, 'All checks'), h('ul', { class: 'rows' }, all.map(line))),
      );
    } catch (error) {
      if (error.name !== 'AbortError') checks.replaceChildren(empty(explain(error)));
    }
    again.disabled = false;
  };

  let examined = false;
  return {
    element: page(
      'Health',
      ops.has('doctor') ? again : [],
      h(
        'div',
        { class: 'stack' },
        top,
        h('h2', {}, 'Parts'),
        h('div', { class: 'panel' }, parts),
        ops.has('doctor') && h('h2', {}, 'Doctor'),
        h('div', { class: 'panel pad' }, checks),
      ),
    ),
    async refresh(signal) {
      const { version, uptime_ms, state, parts: all } = await get('/health?verbose', { signal });
      top.replaceChildren(
        figure('State', state, `${all.length} parts`, null, state === 'ok' ? 'good' : 'bad'),
        figure('Up for', duration(uptime_ms), 'since the last start'),
        figure('Version', version),
        figure(
          'Restarts',
          all.reduce((sum, each) => sum + each.restarts, 0),
          'of parts, by themselves',
        ),
      );
      parts.replaceChildren(
        ...all.map(({ name, state: now, since_ns, restarts, note, last_error }) =>
          h(
            'li',
            {},
            chip(now),
            h('b', {}, name.replaceAll('_', ' ')),
            h('span', { class: 'grow' }, [note, restarts > 0 && `${restarts} restarts`, now !== 'ok' && last_error].filter(Boolean).join(' · ')),
            h('time', {}, ago(since_ns)),
          ),
        ),
      );
      if (!examined) {
        examined = true;
        examine(signal);
      }
    },
  };
}
