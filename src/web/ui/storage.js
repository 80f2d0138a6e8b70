import { call } from './api.js';
import { ago, bytes, chip, empty, facts, figure, h, number, plural } from './dom.js';
import { List } from './list.js';
import { page } from './page.js';

const rate = ({ hits, misses }) =>
  hits + misses === 0 ? 'not asked yet' : `${Math.round((100 * hits) / (hits + misses))} % found of ${number(hits + misses)}`;

/** How much of a bound is used. */
const meter = (label, value, max, text) =>
  h(
    'div',
    { class: 'meter' },
    h('span', {}, label),
    h('meter', { min: 0, max, value, high: max * 0.9, 'aria-label': label }),
    h('span', { class: 'note' }, text),
  );

export function storage({ ops }) {
  const cache = h('div', { class: 'stack' });
  const artifacts = h('div', { class: 'stack' });
  const prefix = h('input', { type: 'search', placeholder: 'Name begins with', 'aria-label': 'Artifacts whose name begins with', 'data-filter': '' });
  const nothing = empty('No artifacts. Keep one with ', 'zd artifact put build.tgz ./build.tgz');
  const list = new List({
    label: 'Artifacts',
    key: (entry) => entry.name,
    columns: [
      { title: 'Artifact', kind: 'wide', cell: (entry) => entry.name },
      { title: 'Size', kind: 'num', cell: (entry) => bytes(entry.bytes) },
      { title: 'Changed', kind: 'when', cell: (entry) => ago(entry.updated_at) },
      { title: 'Read', kind: 'when', cell: (entry) => ago(entry.last_get_at) },
      { title: '', cell: (entry) => (entry.corrupt ? chip('corrupt') : entry.pinned ? chip('pinned', 'none') : '') },
    ],
  });

  const showCache = async (signal) => {
    const stats = await call('cache_stats', {}, { signal });
    cache.replaceChildren(
      h('h2', {}, 'Cache'),
      h(
        'div',
        { class: 'figures' },
        figure('Entries', number(stats.key_count), `in ${plural(stats.namespace_count, 'namespace', 'namespaces')}`),
        figure('Size', bytes(stats.byte_count), `of ${bytes(stats.quota.max_bytes)}`),
        figure('Reads', number(stats.hits + stats.misses), rate(stats)),
        figure('Evicted', number(stats.evictions), `${number(stats.expired)} expired`),
      ),
      meter('Bytes', stats.byte_count, stats.quota.max_bytes, `${((100 * stats.byte_count) / stats.quota.max_bytes).toFixed(1)} %`),
      meter('Entries', stats.key_count, stats.quota.max_entries, `${((100 * stats.key_count) / stats.quota.max_entries).toFixed(1)} %`),
    );
  };

  const showArtifacts = async (signal) => {
    const [stat, { entries }] = await Promise.all([
      call('artifact_stat', {}, { signal }),
      call('artifact_list', { limit: 200, ...(prefix.value ? { prefix: prefix.value } : {}) }, { signal }),
    ]);
    artifacts.replaceChildren(
      h('h2', {}, 'Artifacts'),
      h(
        'div',
        { class: 'figures' },
        figure('Names', number(stat.names), `${number(stat.pinned)} pinned`),
        figure('Contents', number(stat.blobs), bytes(stat.bytes)),
        figure('On disk', bytes(stat.stored_bytes), 'equal contents once'),
        figure('Reads', number(stat.hits + stat.misses), rate(stat)),
      ),
      facts([
        ['Damaged', stat.corrupt > 0 ? chip(`${stat.corrupt} corrupt`, 'bad') : null],
        [
          'Namespaces',
          stat.namespaces
            .slice(0, 12)
            .map((each) => `${each.ns} ${bytes(each.bytes)}`)
            .join(' · '),
        ],
      ]),
    );
    list.update(entries);
    list.element.hidden = entries.length === 0;
    nothing.hidden = entries.length > 0;
  };

  const shown = ops.has('artifact_list')
    ? [artifacts, h('div', { class: 'tools' }, prefix), h('div', { class: 'panel' }, list.element, nothing)]
    : [];
  const view = {
    element: page('Cache and artifacts', [], h('div', { class: 'stack' }, cache, shown)),
    refresh: (signal) =>
      Promise.all([
        ops.has('cache_stats') ? showCache(signal) : null,
        ops.has('artifact_stat') && ops.has('artifact_list') ? showArtifacts(signal) : null,
      ]),
  };
  prefix.addEventListener('input', () => view.refresh());
  return view;
}
