import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from './api.js';
import { registerMigrationRoutes } from './migrationRoutes.js';
import { bareApi, EXAMPLE_MIGRATION, MemoryMigrations, open } from './testAgent.js';

let app: Api;
let store: MemoryMigrations;
beforeEach(async () => {
  store = new MemoryMigrations();
  ({ app } = await bareApi());
  registerMigrationRoutes(app, store);
});
afterEach(() => app.close());

const start = (payload: object) => app.inject({ method: 'POST', url: '/v1/migrations', payload });
const LEAST = { images: ['vm'], destination: '127.0.0.1:7400' };

describe('starting a migration', () => {
  it('fills in every default', async () => {
    const answer = await start(LEAST);
    expect([answer.statusCode, answer.json(), answer.headers.location]).toEqual([
      201,
      { id: 'm1' },
      '/v1/migrations/m1',
    ]);
    expect(store.requests).toEqual([
      {
        ...LEAST,
        mode: 'live',
        downtimeLimitMs: 50,
        encoding: 'auto',
        verify: 'full',
        maxRounds: 1000,
        timeoutMs: 3_600_000,
        onStall: 'abort',
        cutover: 'auto',
        patienceMs: 600_000,
        seed: false,
      },
    ]);
  });

  it('passes on what was asked for', async () => {
    const wanted = {
      images: ['a', 'b'],
      destination: '[::1]:7400',
      mode: 'cold',
      downtimeLimitMs: 12.5,
      lanes: 3,
      encoding: 'lz4',
      verify: 'wire',
      maxRounds: 2,
      timeoutMs: 5000,
      onStall: 'force',
      cutover: 'manual',
      patienceMs: 1000,
      seed: true,
    };
    await start({ ...wanted, bandwidthLimit: '1Gbit' });
    expect(store.requests).toEqual([{ ...wanted, bandwidthLimit: 125_000_000 }]);
  });

  it.each([
    [1000, 1000],
    ['100MB/s', 100_000_000],
    ['off', undefined],
  ])('reads a bandwidth limit of %j', async (bandwidthLimit, expected) => {
    await start({ ...LEAST, bandwidthLimit });
    expect(store.requests.map((request) => request.bandwidthLimit)).toEqual([expected]);
  });

  it('reads a scrub limit as it reads a bandwidth limit', async () => {
    await start({ ...LEAST, scrubLimit: '20MB/s' });
    expect(store.requests.map((request) => request.scrubLimit)).toEqual([20_000_000]);
  });

  it.each([
    [{ scrubLimit: 0.5 }, 'scrubLimit is "0.5"; expected at least 1 byte a second'],
    [{ lanes: 0 }, '"lanes" in the body must be >= 1'],
    [{ lanes: '2' }, '"lanes" in the body must be integer'],
    [{ mode: 'warm' }, 'allowed values: live, cold'],
    [{ images: [] }, '"images" in the body must NOT have fewer than 1 items'],
    [{ images: ['vm', 'vm'] }, '"images" in the body must NOT have duplicate items'],
    [{ images: undefined }, "must have required property 'images'"],
    [{ downtimeLimitMs: 0 }, '"downtimeLimitMs" in the body must be > 0'],
    [{ timeoutMs: 2 ** 31 }, '"timeoutMs" in the body must be <= 2147483647'],
    [{ downtime: 50 }, 'additional properties: "downtime"'],
    [{ bandwidthLimit: true }, '"bandwidthLimit" in the body must be number,string'],
    [{ bandwidthLimit: 0 }, 'bandwidthLimit is "0"; expected at least 1 byte a second'],
    [{ bandwidthLimit: '1Gbps' }, 'bandwidthLimit is "1Gbps"; expected a rate such as'],
    [{ destination: 'nowhere' }, 'destination is "nowhere"; expected HOST:PORT'],
  ])('is refused with %j', async (change, said) => {
    const answer = await start({ ...LEAST, ...change });
    expect([answer.statusCode, answer.json<{ message: string }>().message]).toEqual([
      400,
      expect.stringContaining(said),
    ]);
    expect(store.requests).toEqual([]);
  });
});

describe('reading and deciding', () => {
  it('shows migrations as they are', async () => {
    expect((await app.inject('/v1/migrations')).json()).toEqual([EXAMPLE_MIGRATION]);
    expect((await app.inject('/v1/migrations/m1')).json()).toEqual(EXAMPLE_MIGRATION);
    expect((await app.inject('/v1/migrations/m2')).statusCode).toBe(404);
  });

  it('passes decisions on and answers with the migration', async () => {
    for (const decision of ['cutover', 'cancel']) {
      const answer = await app.inject({ method: 'POST', url: `/v1/migrations/m1/${decision}` });
      expect([answer.statusCode, answer.json()]).toEqual([200, EXAMPLE_MIGRATION]);
    }
    expect(store.decisions).toEqual(['cutover m1', 'cancel m1']);
  });

  it('offers a destination no call that it does not have', async () => {
    const other = await bareApi();
    registerMigrationRoutes(other.app, { list: () => [], view: (id) => store.view(id), events: () => store.log });
    const calls = ['', '/m1/cancel', '/m1/cutover'].map((path) =>
      other.app.inject({ method: 'POST', url: `/v1/migrations${path}`, payload: LEAST }),
    );
    expect((await Promise.all(calls)).map((answer) => answer.statusCode)).toEqual([404, 404, 404]);
    await other.app.close();
  });
});

describe('the OpenAPI document', () => {
  it('has every call, with defaults and the document of a migration', async () => {
    const document = (await app.inject('/docs/json')).json<{ paths: Record<string, Record<string, unknown>> }>();
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/v1'))).toEqual([
      '/v1/migrations',
      '/v1/migrations/{id}',
      '/v1/migrations/{id}/events',
      '/v1/migrations/{id}/cutover',
      '/v1/migrations/{id}/cancel',
    ]);
    expect(JSON.stringify(document.paths['/v1/migrations']?.post)).toContain('"default":"abort"');
    expect(JSON.stringify(document.paths['/v1/migrations/{id}']?.get)).toContain('expectedDowntimeMs');
  });
});

describe('the event stream', () => {
  const follow = async (headers: Record<string, string> = {}) =>
    fetch(`${await open(app)}/v1/migrations/m1/events`, { headers });

  it('sends what was, then what comes, and ends with the log', async () => {
    store.log.append('state', { state: 'setup' });
    const answer = await follow();
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    store.log.append('round', { round: 1 });
    store.log.append('state', { state: 'completed' });
    store.log.end();
    expect(await answer.text()).toBe(
      'retry: 2000\n\n' +
        'id: 1\nevent: state\ndata: {"state":"setup"}\n\n' +
        'id: 2\nevent: round\ndata: {"round":1}\n\n' +
        'id: 3\nevent: state\ndata: {"state":"completed"}\n\n',
    );
  });

  it('goes on behind the last id a reader has seen', async () => {
    for (const round of [1, 2, 3]) store.log.append('round', { round });
    store.log.end();
    const text = await (await follow({ 'last-event-id': '2' })).text();
    expect(text.match(/^id: .*$/gm)).toEqual(['id: 3']);
  });

  it('refuses an id that is none, and an unknown migration', async () => {
    const url = await open(app);
    const wrong = await fetch(`${url}/v1/migrations/m1/events`, { headers: { 'last-event-id': 'x' } });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'E_BAD_VALUE' }]);
    expect((await fetch(`${url}/v1/migrations/m2/events`)).status).toBe(404);
  });

  it('does not keep the API from closing', async () => {
    const answer = await follow();
    await app.close();
    await expect(answer.text()).rejects.toThrow();
  });
});
