import { setTimeout as sleep } from 'node:timers/promises';
import { GodwitError } from '@godwit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from './api.js';
import { registerImageRoutes } from './imageRoutes.js';
import { bareApi, MemoryImage, MemoryImages } from './testAgent.js';

const MIB = 1024 * 1024;
let app: Api;
let store: MemoryImages;
let image: MemoryImage;

beforeEach(async () => {
  store = new MemoryImages();
  image = new MemoryImage(3 * MIB);
  for (let at = 0; at < image.size; at += 4) image.content.writeUInt32LE(at, at);
  store.images.set('vm', image);
  ({ app } = await bareApi());
  registerImageRoutes(app, store);
});
afterEach(() => app.close());

const bytesUrl = (query: string) => `/v1/images/vm/bytes${query}`;
const post = (url: string, payload?: object) =>
  app.inject({ method: 'POST', url, ...(payload === undefined ? {} : { payload }) });

describe('images', () => {
  it('are listed and shown', async () => {
    expect((await app.inject('/v1/images')).json()).toEqual([store.view('vm')]);
    expect((await app.inject('/v1/images/vm')).json()).toEqual(store.view('vm'));
    const unknown = await app.inject('/v1/images/other');
    expect([unknown.statusCode, unknown.json()]).toEqual([
      404,
      { code: 'E_NOT_FOUND', message: 'there is no image "other"' },
    ]);
  });

  it('are opened and closed', async () => {
    const opened = await post('/v1/images', { name: 'disk-2', path: '/x', blockSize: 4096 });
    expect([opened.statusCode, opened.headers.location]).toEqual([201, '/v1/images/disk-2']);
    expect(store.specs).toEqual([{ name: 'disk-2', path: '/x', kind: 'disk', blockBytes: 4096 }]);
    expect((await app.inject({ method: 'DELETE', url: '/v1/images/disk-2' })).statusCode).toBe(204);
    expect(store.images.has('disk-2')).toBe(false);
  });

  it.each([
    [{ name: '../etc', path: '/x' }, 'E_BAD_NAME', '../etc'],
    [{ name: 'a', path: '/x', blockSize: 5000 }, 'E_BAD_VALUE', 'power of two'],
    [
      { name: 'a', path: '/x', kind: 'tape' },
      'E_USAGE',
      '"kind" in the body must be equal to one of the allowed values: disk, memory',
    ],
    [{ name: 'a' }, 'E_USAGE', "the body must have required property 'path'"],
    [{ name: 'a', path: '/x', blocksize: 4096 }, 'E_USAGE', 'must NOT have additional properties: "blocksize"'],
  ])('are not opened by %j', async (body, code, said) => {
    const answer = await post('/v1/images', body);
    expect([answer.statusCode, answer.json()]).toEqual([400, { code, message: expect.stringContaining(said) }]);
    expect(store.specs).toEqual([]);
  });

  it('cannot be opened or closed where the agent does not offer it', async () => {
    const other = await bareApi();
    const { images } = store;
    registerImageRoutes(other.app, {
      list: () => [],
      view: (name) => store.view(name),
      bytes: (name) => store.bytes(name),
    });
    expect(images.size).toBe(1);
    const answer = await other.app.inject({ method: 'DELETE', url: '/v1/images/vm' });
    expect(answer.json()).toMatchObject({ code: 'E_NOT_FOUND' });
    await other.app.close();
  });
});

describe('reading bytes', () => {
  it.each([
    ['', 0, 3 * MIB],
    ['?offset=5', 5, 3 * MIB - 5],
    ['?offset=1048570&length=2000000', 1_048_570, 2_000_000],
    ['?length=0', 0, 0],
    [`?offset=${3 * MIB}`, 3 * MIB, 0],
  ])('answers %s with exactly those', async (query, offset, length) => {
    const answer = await app.inject(bytesUrl(query));
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['content-length']]).toEqual([
      200,
      'application/octet-stream',
      String(length),
    ]);
    expect(answer.rawPayload.equals(image.content.subarray(offset, offset + length))).toBe(true);
  });

  it.each([
    ['?offset=-1', 400, 'E_BAD_VALUE', 'offset is "-1"'],
    ['?offset=abc', 400, 'E_BAD_VALUE', 'offset is "abc"'],
    ['?length=1e3', 400, 'E_BAD_VALUE', 'length is "1e3"'],
    ['?length=1.5', 400, 'E_BAD_VALUE', 'length is "1.5"'],
    ['?offset=', 400, 'E_BAD_VALUE', 'offset is ""'],
    ['?offset=9007199254740993', 400, 'E_BAD_VALUE', 'offset'],
    ['?offset=3145729', 416, 'E_RANGE', 'outside the image of 3145728 bytes'],
    ['?offset=3145727&length=2', 416, 'E_RANGE', 'offset 3145727 + length 2'],
    ['?length=16777217', 413, 'E_TOO_LARGE', 'length is 16777217'],
  ])('refuses %s', async (query, status, code, said) => {
    const answer = await app.inject(bytesUrl(query));
    expect([answer.statusCode, answer.json()]).toEqual([status, { code, message: expect.stringContaining(said) }]);
  });

  it('passes on that the image is not owned here', async () => {
    store.failure = new GodwitError('E_NOT_OWNER', { name: 'vm', state: 'incoming' });
    expect((await app.inject(bytesUrl(''))).statusCode).toBe(409);
  });
});

describe('writing bytes', () => {
  const put = (query: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    app.inject({ method: 'PUT', url: bytesUrl(query), payload, headers });

  it.each(['application/octet-stream', 'application/json', 'text/plain', ''])(
    'takes any content type: "%s"',
    async (type) => {
      const answer = await put('?offset=7', 'written', type === '' ? {} : { 'content-type': type });
      expect([answer.statusCode, answer.payload]).toEqual([204, '']);
      expect(image.content.toString('latin1', 7, 14)).toBe('written');
      expect(image.dirtied).toEqual([[7, 7]]);
    },
  );

  it('takes nothing outside the image, and no wrong offset', async () => {
    const before = Buffer.from(image.content);
    const answers = [await put('?offset=3145727', 'ab'), await put('?offset=-1', 'ab'), await put('?offset=4e0', 'ab')];
    expect(answers.map((answer) => answer.statusCode)).toEqual([416, 400, 400]);
    expect(image.content.equals(before)).toBe(true);
  });

  it('says where the image moved', async () => {
    image.moved = true;
    const answer = await put('', 'late');
    expect([answer.statusCode, answer.json<{ location: string }>().location]).toEqual([
      421,
      'http://there:7401/v1/images/vm',
    ]);
  });
});

describe('the OpenAPI document', () => {
  it('says that bytes go in and out as they are, and errors as JSON', async () => {
    const { paths } = (await app.inject('/docs/json')).json<{ paths: Record<string, unknown> }>();
    const binary = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
    expect(paths['/v1/images/{name}/bytes']).toMatchObject({
      get: { responses: { 200: { content: binary }, '4XX': { content: { 'application/json': {} } } } },
      put: { requestBody: { content: binary }, responses: { 204: {}, '4XX': { content: { 'application/json': {} } } } },
    });
  });
});

describe('the other write calls', () => {
  it('reach the image', async () => {
    const range = { offset: 4096, length: 8192 };
    const answers = [
      await post('/v1/images/vm/zero', range),
      await post('/v1/images/vm/discard', range),
      await post('/v1/images/vm/flush'),
      await post('/v1/images/vm/dirty', { ranges: [range, { offset: 0, length: 1 }] }),
    ];
    expect(answers.map((answer) => answer.statusCode)).toEqual([204, 204, 204, 204]);
    expect(image.calls).toEqual(['zero 4096 8192', 'discard 4096 8192', 'flush']);
    expect(image.dirtied).toEqual([
      [4096, 8192],
      [0, 1],
    ]);
  });

  it('mark nothing when one of several ranges is outside', async () => {
    const ranges = [
      { offset: 0, length: 4096 },
      { offset: 3 * MIB, length: 1 },
    ];
    const answer = await post('/v1/images/vm/dirty', { ranges });
    expect([answer.statusCode, image.dirtied]).toEqual([416, []]);
  });

  it('answer a mark when it is made, as late as the gate is open', async () => {
    let openGate: () => void = () => undefined;
    image.gate = new Promise((resolve) => {
      openGate = resolve;
    });
    const answer = post('/v1/images/vm/dirty', { ranges: [{ offset: 0, length: 1 }] });
    const first = await Promise.race([answer.then(() => 'answered'), sleep(50, 'waiting')]);
    expect(first).toBe('waiting');
    openGate();
    expect((await answer).statusCode).toBe(204);
    expect(image.dirtied).toEqual([[0, 1]]);
  });

  it('take an empty body that is called JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await app.inject({ method: 'POST', url: '/v1/images/vm/flush', headers })).statusCode).toBe(204);
  });

  it.each([{ offset: -1, length: 1 }, { offset: '0', length: 1 }, { offset: 0 }, { offset: 0.5, length: 1 }, {}])(
    'refuse %j',
    async (body) => {
      const answer = await post('/v1/images/vm/zero', body);
      expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'E_USAGE' }]);
      expect(image.calls).toEqual([]);
    },
  );

  it('refuse what is no JSON', async () => {
    const send = (type: string, payload: string) =>
      app.inject({ method: 'POST', url: '/v1/images/vm/zero', payload, headers: { 'content-type': type } });
    const answers = [await send('application/json', '{"offset":'), await send('text/plain', 'hello')];
    expect(answers.map((answer) => answer.json<{ code: string }>().code)).toEqual(['E_USAGE', 'E_USAGE']);
  });
});
