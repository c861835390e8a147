import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpAnswer, httpCall, keepAliveAgent } from '../harness/httpCall.js';
import { type AgentUnderTest, destinationUnderTest, sourceUnderTest } from './agents.js';
import { HostileSource } from './hostileSource.js';

/** With what JSON and URLs write in another way. */
const TOKEN = 'the-"secret"-of-\\this/agent?&100%';
const WRONG = 'the-secret-of-somebody-else';
const agent = keepAliveAgent(2);
const unders: AgentUnderTest[] = [];
beforeAll(async () => {
  unders.push(await sourceUnderTest({ token: TOKEN, level: 'trace' }));
  unders.push(await destinationUnderTest({ token: TOKEN, level: 'trace' }));
});
afterAll(async () => {
  agent.destroy();
  for (const under of unders) await under.close();
});

const JSON_TYPE = { 'content-type': 'application/json' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Every place where a client can put a token, right and wrong ones. */
function calls(token: string): { method: string; path: string; headers: Record<string, string>; body?: string }[] {
  const inUrl = encodeURIComponent(token);
  const json = JSON.stringify(token);
  const good = bearer(TOKEN);
  return [
    { method: 'GET', path: '/v1/images', headers: bearer(token) },
    { method: 'GET', path: `/v1/images?token=${inUrl}`, headers: {} },
    { method: 'GET', path: `/nowhere/${inUrl}?token=${inUrl}`, headers: good },
    { method: 'GET', path: `/v1/images/${inUrl}`, headers: good },
    { method: 'GET', path: `/v1/images/vm/bytes?offset=${inUrl}&length=1`, headers: good },
    { method: 'POST', path: '/v1/images', headers: { ...good, ...JSON_TYPE }, body: `{"name":${json},"path":"/x"}` },
    { method: 'POST', path: '/v1/images', headers: { ...good, ...JSON_TYPE }, body: `{"name":"a","path":${json}}` },
    {
      method: 'POST',
      path: '/v1/images',
      headers: { ...good, ...JSON_TYPE },
      body: `{${json}:1,"name":"a","path":"x"}`,
    },
    { method: 'POST', path: '/v1/images', headers: { ...good, ...JSON_TYPE }, body: `{${json}` },
    {
      method: 'POST',
      path: '/v1/migrations',
      headers: { ...good, ...JSON_TYPE },
      body: `{"images":["a"],"destination":${JSON.stringify(`http://user:${token}@there:1`)}}`,
    },
    {
      method: 'POST',
      path: '/v1/migrations',
      headers: { ...good, ...JSON_TYPE },
      body: `{"images":[${json}],"destination":"a:1"}`,
    },
    { method: 'POST', path: `/v1/migrations/${inUrl}/cancel`, headers: good },
    { method: 'GET', path: '/v1/migrations/x/events', headers: { ...good, 'last-event-id': token } },
    { method: 'GET', path: '/v1/images', headers: { ...good, origin: `http://${inUrl}`, cookie: `token=${inUrl}` } },
  ];
}

function expectSecret(text: string, token: string): void {
  for (const form of [token, JSON.stringify(token).slice(1, -1), encodeURIComponent(token)]) {
    expect(text).not.toContain(form);
  }
}

describe('the token of an agent', () => {
  for (const [index, role] of ['source', 'destination'].entries()) {
    it(`is in no line of the log of a ${role} and in no answer, wherever a client puts it`, async () => {
      const under = unders[index];
      if (under === undefined) throw new Error('no agent');
      const answers: HttpAnswer[] = [];
      for (const token of [TOKEN, WRONG]) {
        for (const { path, body, ...call } of calls(token)) {
          const answer = await httpCall({
            ...call,
            url: under.api.url + path,
            agent,
            ...(body === undefined ? {} : { body: Buffer.from(body) }),
          });
          answers.push(answer);
          expectSecret(answer.body.toString('utf8'), TOKEN);
        }
      }
      // They were understood, and most of them refused.
      expect(answers.filter(({ status }) => status >= 400).length).toBeGreaterThan(20);
      const log = under.place.log.lines.join('');
      expectSecret(log, TOKEN);
      expectSecret(log, WRONG);
    });
  }

  it('is not said by a destination to whom it was not told, nor in its log', async () => {
    const under = unders[1];
    if (under === undefined) throw new Error('no agent');
    for (const token of ['', WRONG, TOKEN.slice(1)]) {
      const source = new HostileSource(under.agent.listenPort ?? 0, 'disk');
      await source.connect({ token });
      expect(source.refusals()).toEqual(['E_UNAUTHORIZED']);
      source.close();
    }
    const log = under.place.log.lines.join('');
    expect(log).toContain('E_UNAUTHORIZED');
    expectSecret(log, TOKEN);
    expectSecret(log, WRONG);
  });

  it('is not in the log of a source whose destination has another', async () => {
    const source = unders[0];
    if (source === undefined) throw new Error('no agent');
    expectSecret(source.place.log.lines.join(''), TOKEN);
  });
});
