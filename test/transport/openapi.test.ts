import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020';
import { beforeAll, describe, expect, test } from 'bun:test';
import { areas } from '../../src/areas/index';
import { CODES, type Code } from '../../src/kernel/codes';
import { Registry } from '../../src/kernel/registry';
import { t } from '../../src/kernel/schema';
import { jsonSchema } from '../../src/transport/json_schema';
import { TestBroker } from '../helper/broker';
import { startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { scripted } from '../helper/sessions';

const registry = new Registry(areas);
const JSON_TYPE = { 'content-type': 'application/json' };

// The document is walked by paths of its own making, which no static type follows.
type Json = any;

let daemon: TestDaemon;
let open: TestDaemon;
let document: Json;
let openDocument: Json;
let ajv: InstanceType<typeof Ajv2020>;

beforeAll(async () => {
  daemon = await startDaemon({
    config: '[http.tokens]\nnarrow = { token = "narrow-token-of-the-test", scopes = ["nothing.here"] }\n' + scripted('example'),
  });
  open = await startDaemon({ config: '[http]\nopen = true\n' });
  await new TestBroker(daemon.home, [], ZD).start();
  document = await (await daemon.fetch('/openapi.json')).json();
  openDocument = await (await open.fetch('/openapi.json')).json();
  ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'doc');
});

const pointer = (parts: readonly string[]): string => parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Faults of a value against the schema at a place of the document; empty when it fits. */
function faults(place: readonly string[], value: unknown): unknown[] {
  const validate = ajv.getSchema(`doc#${encodeURI(pointer(place))}`);
  if (!validate) throw new Error(`the document has nothing at ${pointer(place)}`);
  return validate(value) ? [] : validate.errors!;
}

/** Where the body of an op's answer with a status is described, references followed. */
function responsePlace(path: string, method: string, status: number): string[] {
  const response: Json = document.paths[path][method].responses[status];
  if (!response) throw new Error(`${method} ${path} does not document ${status}`);
  const at = response.$ref ? ['components', 'responses', response.$ref.split('/').at(-1)] : ['paths', path, method, 'responses', String(status)];
  return [...at, 'content', 'application/json', 'schema'];
}

async function expectDocumented(name: string, response: Response, status: number, code: Code): Promise<void> {
  const body: Json = await response.json();
  expect({ op: name, status: response.status, code: body.code }).toEqual({ op: name, status, code });
  expect(faults(responsePlace(`/op/${name}`, 'post', status), body)).toEqual([]);
}

test.each(['with a token', 'open'])('the document is valid OpenAPI 3.1 (%s)', async (kind) => {
  const subject = kind === 'open' ? openDocument : document;
  const result = await new Validator().validate(structuredClone(subject));
  expect(result).toEqual({ valid: true });
  expect(subject.openapi).toBe('3.1.0');
});

test('both addresses and the content type are the ones clients look for', async () => {
  for (const path of ['/openapi.json', '/openapi/json']) {
    const response = await daemon.tcp(path);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual(document);
    const again = await daemon.tcp(path, { headers: { 'if-none-match': response.headers.get('etag')! } });
    expect(again.status).toBe(304);
  }
  const plain = await daemon.tcp('/openapi', { headers: { accept: 'application/json' } });
  expect(await plain.json()).toEqual(document);
});

test('what is documented is exactly what can be called', async () => {
  const { ops } = (await (await daemon.fetch('/ops')).json()) as { ops: string[] };
  const documented = Object.keys(document.paths).filter((path) => path.startsWith('/op/'));
  expect(documented.map((path) => path.slice(4)).toSorted()).toEqual(ops);
  expect(
    Object.keys(document.paths)
      .filter((path) => document.paths[path].get?.['x-zd-events'])
      .toSorted(),
  ).toEqual([...registry.streams.keys()].toSorted());
  const ids = Object.values<Json>(document.paths).flatMap((item) => Object.values<Json>(item).map((operation) => operation.operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

test('scope, effect, tag and error codes of an op are in its operation', () => {
  for (const area of areas) {
    for (const op of area.ops) {
      const operation = document.paths[`/op/${op.name}`].post;
      expect(operation).toMatchObject({
        operationId: op.name,
        tags: [area.name],
        summary: op.summary,
        'x-zd-scope': op.scope,
        'x-zd-effect': op.effect,
        security: [{ bearer: [op.scope] }],
      });
      for (const code of op.errors) {
        const place = responsePlace(`/op/${op.name}`, 'post', CODES[code].status);
        expect(faults(place, { ok: false, code, msg: 'x', hint: 'x', request_id: 'x' })).toEqual([]);
      }
      expect(faults(responsePlace(`/op/${op.name}`, 'post', 400), { ok: false, code: 'internal', msg: 'x', hint: 'x', request_id: 'x' })).not.toEqual(
        [],
      );
      expect(faults(['paths', `/op/${op.name}`, 'post', 'requestBody', 'content', 'application/json', 'schema'], op.example)).toEqual([]);
    }
  }
});

test('a token is documented only where one is needed', () => {
  expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  expect(openDocument.components.securitySchemes).toBeUndefined();
  const text = JSON.stringify(openDocument.paths);
  expect(text).not.toContain('"security"');
  expect(text).not.toContain('"401"');
  for (const path of ['/health', '/ops', '/metrics', '/openapi', '/openapi.json', '/openapi/json'])
    expect(document.paths[path].get.security).toEqual([]);
});

test('a closed /metrics is documented as closed', async () => {
  const closed = await startDaemon({ config: '[http]\nmetrics_open = false\n' });
  expect((await closed.tcp('/metrics')).status).toBe(401);
  const told: Json = await (await closed.fetch('/openapi.json')).json();
  expect(told.paths['/metrics'].get.security).toEqual([{ bearer: [] }]);
});

describe('every op answers its own example as documented', () => {
  test.each([...registry.ops.keys()])('%s', async (name) => {
    const op = registry.ops.get(name)!;
    for (const { op: before, input } of op.exampleSetup ?? []) expect(await daemon.call(before, input)).toMatchObject({ status: 200 });
    const operation = document.paths[`/op/${name}`].post;
    const reply = await daemon.call(name, operation.requestBody.content['application/json'].example);
    // What belongs to a connection is called over /ws; here its failure is what the document promises.
    if (op.errors.includes('no_session')) return expect(reply).toMatchObject({ status: 404, body: { code: 'no_session' } });
    expect(reply).toMatchObject({ status: 200, body: { ok: true } });
    expect(faults(responsePlace(`/op/${name}`, 'post', 200), reply.body)).toEqual([]);
  });
});

describe('refusals are the documented ones', () => {
  test.each([...registry.ops.keys()])('%s', async (name) => {
    const path = `/op/${name}`;
    const own = { ...JSON_TYPE, authorization: `Bearer ${daemon.token}` };
    const post = (headers: Record<string, string>, body: string) => daemon.tcp(path, { method: 'POST', headers, body });
    await expectDocumented(name, await post(JSON_TYPE, '{}'), 401, 'unauthorized');
    await expectDocumented(name, await post({ ...JSON_TYPE, authorization: 'Bearer narrow-token-of-the-test' }, '{}'), 403, 'scope_denied');
    await expectDocumented(name, await post({ ...own, origin: 'http://elsewhere.example' }, '{}'), 403, 'origin_denied');
    await expectDocumented(name, await post({ ...own, host: 'elsewhere.example' }, '{}'), 421, 'host_denied');
    await expectDocumented(name, await post(own, '{'), 400, 'bad_json');
    await expectDocumented(name, await post(own, '{"no such field":1}'), 400, 'bad_args');
    await expectDocumented(name, await post({ ...own, 'content-type': 'text/plain' }, '{}'), 415, 'unsupported_media_type');
    const bodyless = await daemon.fetch(path, { method: 'POST', headers: JSON_TYPE });
    if (document.paths[path].post.requestBody.required) await expectDocumented(name, bodyless, 400, 'bad_args');
  });
});

test('a body over the limit is the documented 413', async () => {
  const body = JSON.stringify({ echo: 'x'.repeat(3 << 20) });
  await expectDocumented('ping', await daemon.fetch('/op/ping', { method: 'POST', headers: JSON_TYPE, body }), 413, 'too_large');
});

test('the open routes answer as documented', async () => {
  for (const path of ['/health', '/ops', '/openapi.json', '/openapi/json']) {
    const body = await (await daemon.tcp(path)).json();
    expect(faults(responsePlace(path, 'get', 200), body)).toEqual([]);
  }
});

test('a stream documents its parameters, its events and its media types', async () => {
  for (const stream of registry.streams.values()) {
    const operation = document.paths[stream.path].get;
    const names: string[] = operation.parameters.map((parameter: Json) => parameter.name);
    for (const field of [...Object.keys(stream.input.properties), 'Last-Event-ID', 'last_event_id']) expect(names).toContain(field);
    expect(operation['x-zd-events']).toEqual(stream.events);
    for (const type of Object.keys(operation.responses[200].content)) {
      const leave = new AbortController();
      const response = await daemon.fetch(`${stream.path}?${new URLSearchParams(stream.example as Record<string, string>)}`, {
        headers: { accept: type },
        signal: leave.signal,
      });
      expect(response.headers.get('content-type')).toStartWith(type);
      leave.abort();
    }
    const refused = await daemon.tcp(stream.path);
    expect(refused.status).toBe(401);
    expect(faults(responsePlace(stream.path, 'get', 401), await refused.json())).toEqual([]);
  }
});

test('TypeBox tuples become the prefixItems of JSON Schema 2020-12, names and data stay untouched', () => {
  const schema = t.Object({
    items: t.Tuple([t.String(), t.Integer()]),
    default: t.Array(t.Null()),
    one: t.Literal('x', { default: { items: [1] } }),
  });
  expect(jsonSchema(schema)).toEqual({
    type: 'object',
    required: ['items', 'default', 'one'],
    properties: {
      items: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false, minItems: 2, maxItems: 2 },
      default: { type: 'array', items: { type: 'null' } },
      one: { type: 'string', const: 'x', default: { items: [1] } },
    },
  });
});
