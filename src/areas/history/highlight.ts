import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { highlightSpans, SPAN_KINDS } from './highlighting';

const Offset = t.Integer({ minimum: 0, description: 'In bytes of UTF-8.' });

export const highlight = defineOp({
  name: 'highlight',
  summary: 'What each piece of a command line is: command, option, string, error and so on.',
  description:
    'Spans are in order and do not overlap; blanks have none. A command is an `error` when it is neither defined by a shell nor found in `path`, by default that of the daemon.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({
    line: t.Optional(t.String({ maxLength: 65_536, default: '' })),
    path: t.Optional(t.String({ maxLength: 65_536, description: 'The PATH of the shell.' })),
  }),
  output: strict({
    line: t.String(),
    spans: t.Array(strict({ start: Offset, end: Offset, kind: t.Union(SPAN_KINDS.map((kind) => t.Literal(kind))) })),
  }),
  errors: [],
  cli: { path: ['highlight'], positional: ['line'], table: { rows: 'spans', columns: ['start', 'end', 'kind'] } },
  example: { line: 'git commit -m "a message" # later' },
  handle: ({ history }, { line = '', path = process.env.PATH ?? '' }) => {
    const spans = highlightSpans(line, { names: history.names, runs: (name) => history.programs.runs(name, path) });
    return { line, spans };
  },
});
