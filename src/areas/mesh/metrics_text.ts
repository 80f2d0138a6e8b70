import type { MeshService } from './service';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const inner = Object.entries(labels).map(([label, text]) => `${label}=${quoted(text)}`);
    return `${name}${inner.length === 0 ? '' : `{${inner.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

/** The meshes in figures, in the Prometheus text format. */
export function metricsText({ meshes, rows, inbox }: MeshService): string {
  const all = meshes.all();
  const each = (value: (mesh: (typeof all)[number]) => number): Sample[] => all.map((mesh) => [{ mesh: mesh.joined.slug }, value(mesh)]);
  const { total, unread } = inbox.counts();
  return [
    family(
      'zd_mesh_link_open',
      'gauge',
      'Whether the link to the broker is open.',
      each(({ link }) => Number(link.state === 'open')),
    ),
    family(
      'zd_mesh_outbox',
      'gauge',
      'Messages of the outbox by state.',
      Object.entries(rows.counts()).map(([status, count]) => [{ status }, count]),
    ),
    family('zd_mesh_outbox_bytes', 'gauge', 'Bytes of the messages whose content is kept.', [[{}, rows.bytes()]]),
    family(
      'zd_mesh_inflight',
      'gauge',
      'Messages that wait for the answer of the broker.',
      each(({ drain }) => drain.inflight),
    ),
    family('zd_mesh_inbox', 'gauge', 'Messages that arrived and are kept.', [
      [{ seen: 'false' }, unread],
      [{ seen: 'true' }, total - unread],
    ]),
    family(
      'zd_mesh_received_total',
      'counter',
      'Messages that arrived since the start.',
      each(({ counters }) => counters.received),
    ),
    family(
      'zd_mesh_duplicates_total',
      'counter',
      'Copies of messages that were there.',
      each(({ counters }) => counters.duplicates),
    ),
    family(
      'zd_mesh_undecryptable_total',
      'counter',
      'Messages that could not be opened.',
      each(({ counters }) => counters.undecryptable),
    ),
    family(
      'zd_mesh_acks_total',
      'counter',
      'Answers of brokers to messages.',
      each(({ counters }) => counters.acks),
    ),
    family(
      'zd_mesh_stray_acks_total',
      'counter',
      'Answers to messages that were not under way.',
      each(({ counters }) => counters.strayAcks),
    ),
    family(
      'zd_mesh_refused_total',
      'counter',
      'Frames and messages that were refused, by the reason.',
      all.flatMap(({ joined, counters }) => Object.entries(counters.refused).map(([code, count]): Sample => [{ mesh: joined.slug, code }, count])),
    ),
  ].join('');
}
