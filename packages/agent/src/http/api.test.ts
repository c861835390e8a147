import { createServer } from 'node:net';
import { GodwitError } from '@godwit/errors';
import { afterEach, describe, expect, it } from 'vitest';
import type { Api } from './api.js';
import { listen } from './listen.js';
import { bareApi, open } from './testAgent.js';

const TOKEN = 'correct-horse-battery-staple';
const opened: Api[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

async function api(settings: Parameters<typeof bareApi>[0] = {}) {
  const made = await bareApi(settings);
  opened.push(made.app);
  return made;
}

describe('bearer token', () => {
  it.each(['/metrics', '/docs/json', '/docs', '/v1/none'])('is needed for %s', async (url) => {
    const { app } = await api({ token: TOKEN });
    const without = await app.inject({ url });
    expect(without.statusCode).toBe(401);
    expect(without.json()).toEqual({
      code: 'E_UNAUTHORIZED',
      message: 'a valid bearer token is needed; pass --token-file',
    });
    expect(without.headers['www-authenticate']).toBe('Bearer');
    const with_ = await app.inject({ url, headers: { authorization: `Bearer ${TOKEN}` } });
    expect(with_.statusCode).not.toBe(401);
  });

  it.each([`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, 'Bearer ', `Basic ${TOKEN}`, TOKEN])(
    'refuses "%s"',
    async (authorization) => {
      const { app } = await api({ token: TOKEN });
      const answer = await app.inject({ url: '/metrics', headers: { authorization } });
      expect(answer.statusCode).toBe(401);
    },
  );

  it.each(['/healthz', '/readyz', '/healthz?x=1'])('is not asked for by %s', async (url) => {
    const { app } = await api({ token: TOKEN });
    expect((await app.inject({ url })).statusCode).toBe(200);
  });
});

describe('without a token', () => {
  it('answers no web page: neither by a foreign name nor across origins', async () => {
    const { app } = await api();
    const named = await app.inject({ url: '/metrics', headers: { host: 'rebound.example:7301' } });
    const crossed = await app.inject({
      url: '/metrics',
      headers: { host: '127.0.0.1:7301', origin: 'http://evil.example' },
    });
    expect([named.json(), crossed.json()]).toMatchObject([{ code: 'E_USAGE' }, { code: 'E_USAGE' }]);
  });

  it.each(['127.0.0.1:7301', 'localhost:7301', '[::1]:7301'])('answers to %s', async (host) => {
    const { app } = await api();
    const answer = await app.inject({ url: '/metrics', headers: { host, origin: `http://${host}` } });
    expect(answer.statusCode).toBe(200);
  });
});

describe('errors', () => {
  it('have one form, and say where an image moved', async () => {
    const { app } = await api();
    app.get('/moved', async () => {
      throw new GodwitError('E_MOVED', { name: 'vm', location: 'http://b/v1/images/vm' }, { detail: 'epoch 2' });
    });
    const answer = await app.inject({ url: '/moved' });
    expect([answer.statusCode, answer.headers.location]).toEqual([421, 'http://b/v1/images/vm']);
    expect(answer.json()).toEqual({
      code: 'E_MOVED',
      message: 'image "vm" moved to http://b/v1/images/vm; write there',
      detail: 'epoch 2',
      location: 'http://b/v1/images/vm',
    });
  });

  it('that nobody expected are logged with their stack and reported as E_INTERNAL', async () => {
    const { app, log } = await api();
    app.get('/broken', async () => {
      throw new TypeError('nobody expected this');
    });
    const answer = await app.inject({ url: '/broken' });
    expect([answer.statusCode, answer.json()]).toEqual([
      500,
      { code: 'E_INTERNAL', message: 'internal error: nobody expected this' },
    ]);
    expect(log.lines.join('')).toContain('http/api.test.');
  });

  it('name the call that does not exist', async () => {
    const { app } = await api();
    const answer = await app.inject({ method: 'POST', url: '/v1/nothing' });
    expect([answer.statusCode, answer.json()]).toEqual([
      404,
      { code: 'E_NOT_FOUND', message: 'there is no call "POST /v1/nothing"' },
    ]);
  });
});

describe('operations', () => {
  it('tell alive from ready', async () => {
    let ready = false;
    const { app } = await api({ ready: () => ready });
    expect([(await app.inject('/healthz')).statusCode, (await app.inject('/readyz')).statusCode]).toEqual([200, 503]);
    ready = true;
    expect((await app.inject({ method: 'HEAD', url: '/readyz' })).statusCode).toBe(200);
  });

  it('log no request at info', async () => {
    const { app, log } = await api();
    await app.inject('/healthz');
    expect(log.lines).toEqual([]);
  });

  it('document the API in OpenAPI and show it', async () => {
    const { app } = await api();
    expect((await app.inject('/docs/json')).json()).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Godwit source' },
    });
    const page = await app.inject('/docs/');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
  });
});

describe('listen', () => {
  it('takes a free port and says which', async () => {
    const { app } = await api();
    const url = await open(app);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('names the address and the flag when the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const taken = other.address();
    const port = typeof taken === 'object' && taken !== null ? taken.port : 0;
    const { app } = await api();
    await expect(listen(app, { host: '127.0.0.1', port }, '--api')).rejects.toMatchObject({
      code: 'E_PORT_IN_USE',
      parameters: { address: `127.0.0.1:${port}`, flag: '--api' },
    });
    other.close();
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('refuses %s, which is not here', async (host) => {
    const { app } = await api();
    await expect(listen(app, { host, port: 0 }, '--listen')).rejects.toMatchObject({ code: 'E_ADDRESS' });
  });
});
