/** A fuzzer of what clients send to the API of an agent: each is answered, by a code of the table, and nothing is broken. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { registerImageRoutes } from '../../../packages/agent/dist/http/imageRoutes.js';
import { bareApi, MemoryImage, MemoryImages, MemoryMigrations } from '../../../packages/agent/dist/http/testAgent.js';
import { registerMigrationRoutes } from '../../../packages/agent/dist/index.js';
import { isErrorCode } from '../../../packages/errors/dist/index.js';
import { fuzzTarget } from './fuzzTarget.js';

const SIZE_BYTES = 64 * 1024;

const anyName = fc.constantFrom('vm', 'gone', '..', '%2e%2e%2f', '%00', 'a%2Fb', 'ü', 'x'.repeat(100), '');
const anyNumber = fc.oneof(
  fc.constantFrom('0', '1', '4096', '65536', '-1', '1e3', '0x10', 'NaN', '', '9007199254740993', '00', ' 5', '1.5'),
  fc.nat(SIZE_BYTES).map(String),
);
const anyUrl = fc.oneof(
  fc.tuple(anyName, anyNumber, anyNumber).map(([n, o, l]) => `/v1/images/${n}/bytes?offset=${o}&length=${l}`),
  fc
    .tuple(anyName, fc.constantFrom('zero', 'discard', 'flush', 'dirty', 'nonsense'))
    .map(([name, call]) => `/v1/images/${name}/${call}`),
  fc
    .tuple(fc.constantFrom('m1', 'm2', '..', '%00'), fc.constantFrom('', '/cutover', '/cancel', '/resolve'))
    .map(([id, call]) => `/v1/migrations/${id}${call}`),
  fc.constantFrom('/v1/images', '/v1/migrations', '/healthz', '/metrics', '/docs/../v1/images', '//', '/v1/images?x=1'),
  fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
);
const range = fc.record({ offset: fc.oneof(fc.integer(), fc.double()), length: fc.oneof(fc.integer(), fc.double()) });
const migration = fc.record(
  {
    images: fc.array(fc.constantFrom('vm', '', '..')),
    destination: fc.constantFrom('there:1', 'there', ':', '[::1]:1', 'a:99999', '\u0000:1'),
    lanes: fc.oneof(fc.integer(), fc.string()),
    bandwidthLimit: fc.oneof(fc.double(), fc.constantFrom('1Gbit', 'off', '1parsec')),
    mode: fc.constantFrom('live', 'tepid'),
    patienceMs: fc.double(),
  },
  { requiredKeys: [] },
);
const opening = fc.record({
  name: fc.oneof(anyName, fc.string()),
  path: fc.oneof(fc.string(), fc.constant('/etc/passwd')),
});
const anyJson = fc.oneof(range, migration, opening, fc.record({ ranges: fc.array(range) }), fc.jsonValue());
const anyBody = fc.oneof(
  fc.constant(undefined),
  anyJson.map((value) => ['application/json', JSON.stringify(value)] as const),
  anyJson.map((value) => ['application/json', JSON.stringify(value).slice(0, -1)] as const),
  fc.constant(['application/json', '{"__proto__":{"x":1}}'] as const),
  fc
    .tuple(fc.constantFrom('application/octet-stream', 'text/plain', 'nonsense', ''), fc.uint8Array({ maxLength: 40 }))
    .map(([type, bytes]) => [type, Buffer.from(bytes)] as const),
);

export const requests = fuzzTarget({
  name: 'api-requests',
  inputs: 1500,
  share: 4,
  arbitrary: fc.tuple(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'), anyUrl, anyBody),
  expected: ['done', 'refused'],
  open: async () => {
    const { app, log } = await bareApi();
    const images = new MemoryImages();
    registerImageRoutes(app, images);
    registerMigrationRoutes(app, new MemoryMigrations());
    return {
      close: () => app.close(),
      tryOne: async ([method, url, body]) => {
        images.images.clear();
        images.images.set('vm', new MemoryImage(SIZE_BYTES));
        const [type, payload] = body ?? [];
        const headers = type === undefined ? {} : { 'content-type': type };
        const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
        assert.deepEqual(log.lines, [], 'the log says something');
        for (const name of images.images.keys()) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
        if (answer.statusCode < 400) return 'done';
        if (method === 'HEAD') return 'refused';
        const { code, message } = answer.json<{ code: string; message: string }>();
        assert(isErrorCode(code) && code !== 'E_INTERNAL', `${answer.statusCode} ${code} ${message}`);
        assert(!message.includes('\n'), 'more than a line');
        return 'refused';
      },
    };
  },
});
