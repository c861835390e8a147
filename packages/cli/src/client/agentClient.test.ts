import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAgent } from '../testing/fakeAgent.js';
import { AgentClient } from './agentClient.js';

let agent: FakeAgent;
beforeEach(async () => {
  agent = await FakeAgent.listen();
});
afterEach(() => agent.close());

describe('the client of an agent', () => {
  it('sends the token and the request as JSON, without what was not asked for', async () => {
    const client = new AgentClient({ url: agent.url, token: 'secret-secret-16' });
    expect(await client.start({ images: ['vm0'], destination: 'h:7400', lanes: 4, mode: undefined })).toBe('m-1');
    expect(agent.requests[0]).toMatchObject({
      line: 'POST /v1/migrations',
      authorization: 'Bearer secret-secret-16',
      body: '{"images":["vm0"],"destination":"h:7400","lanes":4}',
    });
  });

  it('gives back the code of a refusal, and that of an agent newer than this table as E_PEER', async () => {
    const client = new AgentClient({ url: agent.url });
    await expect(client.migration('nope')).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      message: 'there is no migration "nope"',
    });
    agent.answers.set('GET /v1/images', { status: 418, body: '{"code":"E_TEAPOT","message":"short and stout"}' });
    await expect(client.images()).rejects.toMatchObject({
      code: 'E_PEER',
      message: 'the peer reported E_TEAPOT: short and stout',
    });
  });

  it('reads a 421 as what it is: the image has moved', async () => {
    const client = new AgentClient({ url: agent.url });
    const moved = { code: 'E_MOVED', message: 'image "vm0" moved to http://h:7401/v1/images/vm0; write there' };
    agent.answers.set('POST /v1/migrations', { status: 421, body: JSON.stringify(moved) });
    await expect(client.start({ images: ['vm0'], destination: 'h:1' })).rejects.toMatchObject(moved);
    expect(agent.lines).toEqual(['POST /v1/migrations']);
  });

  it('says that something else answers: a web page, JSON of another kind, a bare 401', async () => {
    const client = new AgentClient({ url: agent.url });
    agent.answers.set('GET /v1/images', { status: 200, body: '<html>' });
    await expect(client.images()).rejects.toMatchObject({ code: 'E_NOT_GODWIT' });
    agent.answers.set('GET /v1/images', { status: 200, body: '[{"name":"vm0"}]' });
    await expect(client.images()).rejects.toMatchObject({ code: 'E_NOT_GODWIT' });
    agent.answers.set('GET /v1/images', { status: 502, body: 'Bad Gateway' });
    await expect(client.images()).rejects.toMatchObject({ code: 'E_NOT_GODWIT', detail: 'HTTP 502 Bad Gateway' });
    agent.answers.set('GET /v1/images', { status: 401, body: '' });
    await expect(client.images()).rejects.toMatchObject({ code: 'E_UNAUTHORIZED' });
    agent.answers.set('GET /v1/migrations/m-1', {
      status: 200,
      body: JSON.stringify({ ...agent.view, state: 'levitating' }),
    });
    await expect(client.migration('m-1')).rejects.toMatchObject({ code: 'E_NOT_GODWIT' });
  });

  it('says why nobody answers', async () => {
    const { url } = agent;
    await agent.close();
    await expect(new AgentClient({ url }).images()).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      message: `${url} does not answer (connection refused)`,
    });
    agent = await FakeAgent.listen();
  });

  it('ends a silent event stream as a lost connection', async () => {
    const client = new AgentClient({ url: agent.url });
    const read = async () => {
      for await (const event of client.events('m-1', '', 100, new AbortController().signal)) void event;
    };
    await expect(read()).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });
});
