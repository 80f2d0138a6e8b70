import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ADVERTISED, ROUTES } from './families';

const Route = strict({ tool: t.String(), command: t.String(), kind: t.String(), operation: t.String() });

export const familiesList = defineOp({
  name: 'runtime_families',
  summary: 'List the families of runtime events, with the commands each is told of by.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({}),
  output: strict({ families: t.Array(strict({ family: t.String(), routes: t.Array(Route) })), stream: t.String() }),
  errors: [],
  cli: { path: ['runtime', 'families'], table: { rows: 'families', columns: ['family', 'routes'] } },
  example: {},
  handle: () => ({
    families: ADVERTISED.map((family) => ({
      family,
      routes: ROUTES.filter((route) => route.family === family).map(({ tool, command, kind, operation }) => ({ tool, command, kind, operation })),
    })),
    stream: '/stream/runtime',
  }),
});
