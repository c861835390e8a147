import { truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSourceOwns, refusalOf } from '../harness/expectations.js';
import { errorBodyOf, type HttpAnswer } from '../harness/httpCall.js';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrate } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 128 * 1024 + 100;

/** The agents of all requests that change nothing. */
const stage = new Stage();
let pair: Pair;
beforeAll(async () => {
  pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
});
afterAll(() => stage.close());

/** Refused with one line, and the source goes on. */
async function expectRefusal(answer: Promise<HttpAnswer>, status: number, code: RegExp): Promise<void> {
  const answered = await answer;
  const { code: found, message } = errorBodyOf(answered);
  expect(`${answered.status} ${found}`).toMatch(code);
  expect(answered.status).toBe(status);
  expect(message.split('\n')).toHaveLength(1);
  expect(message.length).toBeGreaterThan(10);
  await expectSourceOwns(pair.source);
}

describe('ranges outside the image', () => {
  const reads = [
    `offset=${SIZE_BYTES}&length=1`,
    `offset=${SIZE_BYTES - 1}&length=2`,
    'offset=9007199254740991&length=1',
  ];
  for (const query of reads) {
    it(`read ${query}`, () =>
      expectRefusal(pair.source.api.call('GET', `/v1/images/${DISK}/bytes?${query}`), 416, /E_RANGE/));
  }
  it('write', async () => {
    const path = `/v1/images/${DISK}/bytes?offset=${SIZE_BYTES - 1}`;
    await expectRefusal(pair.source.api.call('PUT', path, Buffer.from('ab')), 416, /E_RANGE/);
    expect(await pair.source.api.read(DISK, SIZE_BYTES - 1, 1)).toHaveLength(1);
  });
  for (const operation of ['zero', 'discard']) {
    it(operation, () =>
      expectRefusal(
        pair.source.api.call('POST', `/v1/images/${DISK}/${operation}`, { offset: SIZE_BYTES - 1, length: 2 }),
        416,
        /E_RANGE/,
      ),
    );
  }
  it('dirty', () =>
    expectRefusal(
      pair.source.api.call('POST', `/v1/images/${DISK}/dirty`, { ranges: [{ offset: SIZE_BYTES, length: 1 }] }),
      416,
      /E_RANGE/,
    ));
});

describe('numbers that are none', () => {
  for (const value of ['-1', 'abc', '1.5', '0x10', '1e3', '', 'NaN', '99999999999999999999']) {
    it(`offset=${value}`, async () => {
      const path = `/v1/images/${DISK}/bytes?offset=${value}`;
      await expectRefusal(pair.source.api.call('GET', `${path}&length=1`), 400, /E_(BAD_VALUE|USAGE)/);
      await expectRefusal(pair.source.api.call('PUT', path, Buffer.from('a')), 400, /E_(BAD_VALUE|USAGE)/);
    });
  }
  for (const body of [
    { offset: -1, length: 1 },
    { offset: '0', length: 1 },
    { offset: 0 },
    { offset: 0.5, length: 1 },
    { offset: 0, length: 1, lenght: 1 },
    [],
  ]) {
    it(`zero ${JSON.stringify(body)}`, () =>
      expectRefusal(pair.source.api.call('POST', `/v1/images/${DISK}/zero`, body), 400, /E_(BAD_VALUE|USAGE)/));
  }
  it('a read of more than 16 MiB', () =>
    expectRefusal(
      pair.source.api.call('GET', `/v1/images/${DISK}/bytes?offset=0&length=16777217`),
      413,
      /E_TOO_LARGE/,
    ));
  it('a body that is no JSON', () =>
    expectRefusal(pair.source.api.call('POST', `/v1/images/${DISK}/zero`, Buffer.from('{"offset"')), 400, /E_USAGE/));
});

describe('unknown and unfit names', () => {
  const calls: readonly (readonly [string, string, unknown])[] = [
    ['GET', '/v1/images/nobody', undefined],
    ['GET', '/v1/images/nobody/bytes?offset=0&length=1', undefined],
    ['PUT', '/v1/images/nobody/bytes?offset=0', Buffer.from('a')],
    ['POST', '/v1/images/nobody/zero', { offset: 0, length: 1 }],
    ['POST', '/v1/images/nobody/flush', undefined],
    ['DELETE', '/v1/images/nobody', undefined],
    ['GET', '/v1/migrations/nobody', undefined],
    ['GET', '/v1/migrations/nobody/events', undefined],
    ['POST', '/v1/migrations/nobody/cancel', undefined],
    ['GET', '/v1/nothing', undefined],
  ];
  for (const [method, path, body] of calls) {
    it(`${method} ${path}`, () => expectRefusal(pair.source.api.call(method, path, body), 404, /E_NOT_FOUND/));
  }
  for (const name of ['a/b', '..', 'a.b', '', 'x'.repeat(65), 'ü', 'a b']) {
    it(`opening "${name}"`, () =>
      expectRefusal(pair.source.api.call('POST', '/v1/images', { name, path: pair.path }), 400, /E_(BAD_NAME|USAGE)/));
  }
});

describe('files that are no images', () => {
  it('missing, a directory, the same twice, a taken name', async () => {
    const { api } = pair.source;
    const open = (name: string, path: string) => api.call('POST', '/v1/images', { name, path });
    await expectRefusal(open('new', stage.path('nothing')), 400, /E_NO_FILE/);
    await expectRefusal(open('new', stage.directory), 400, /E_NOT_AN_IMAGE/);
    await expectRefusal(open('new', pair.path), 409, /E_OPEN_TWICE/);
    makeEmptyImage(stage.path('other'), 10);
    await expectRefusal(open(DISK, stage.path('other')), 409, /E_NAME_TAKEN/);
    expect((await api.images()).map(({ name }) => name)).toEqual([DISK]);
  });

  it('a file that changed its size underneath', async () => {
    const own = stageForTest();
    const { source, destination, path } = await pairOf(own, (file) => makeRandomImage(file, SIZE_BYTES));
    truncateSync(path, SIZE_BYTES - 100);
    const request = { images: [DISK], destination: destination.address };
    const code = await migrate(source.api, request).then(
      (view) => view.error?.code,
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
    );
    expect(code).toBe('E_SIZE_CHANGED');
    truncateSync(path, SIZE_BYTES);
    await expectSourceOwns(source);
    expect((await destination.api.images()).length).toBe(0);
  });
});

describe('a request to migrate', () => {
  const wrong: readonly (readonly [string, object, number, RegExp])[] = [
    ['an unknown image', { images: ['nobody'] }, 404, /E_NOT_FOUND/],
    ['one unknown image among known ones', { images: [DISK, 'nobody'] }, 404, /E_NOT_FOUND/],
    ['no image', { images: [] }, 400, /E_USAGE/],
    ['an image twice', { images: [DISK, DISK] }, 400, /E_USAGE/],
    ['no port', { destination: 'localhost' }, 400, /E_BAD_VALUE/],
    ['a host beyond loopback, in plain text', { destination: '192.0.2.1:7400' }, 400, /E_INSECURE/],
    ['lanes 0', { lanes: 0 }, 400, /E_(BAD_VALUE|USAGE)/],
    ['lanes 17', { lanes: 17 }, 400, /E_(BAD_VALUE|USAGE|TOO_LARGE|TOO_MANY)/],
    ['lanes "two"', { lanes: 'two' }, 400, /E_(BAD_VALUE|USAGE)/],
    ['a bandwidth in an unknown unit', { bandwidthLimit: '10parsec' }, 400, /E_BAD_VALUE/],
    ['a bandwidth without a unit', { bandwidthLimit: '1000' }, 400, /E_BAD_VALUE/],
    ['a bandwidth of 0', { bandwidthLimit: 0 }, 400, /E_BAD_VALUE/],
    ['a negative bandwidth', { bandwidthLimit: -5 }, 400, /E_BAD_VALUE/],
    ['a negative downtime', { downtimeLimitMs: -1 }, 400, /E_(BAD_VALUE|USAGE)/],
    ['an unknown mode', { mode: 'tepid' }, 400, /E_(BAD_VALUE|USAGE)/],
    ['an unknown word', { onStall: 'pray' }, 400, /E_(BAD_VALUE|USAGE)/],
    ['a field that does not exist', { bandwith: 5 }, 400, /E_USAGE/],
  ];
  for (const [what, fields, status, code] of wrong) {
    it(`with ${what}`, async () => {
      const body = { images: [DISK], destination: pair.destination.address, ...fields };
      const before = (await pair.source.api.migrations()).length;
      await expectRefusal(pair.source.api.call('POST', '/v1/migrations', body), status, code);
      expect((await pair.source.api.migrations()).length).toBe(before);
      expect(await pair.destination.api.images()).toEqual([]);
    });
  }

  it('of an image that moved away', async () => {
    const refusal = await refusalOf(pair.destination.api.startMigration({ images: [DISK], destination: 'a:1' }));
    expect(refusal.status).toBeGreaterThanOrEqual(400);
  });
});
