import { request } from 'node:https';
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { OTHER, OWN } from '../testing/certificates.js';
import type { AgentTls } from '../tls/agentTls.js';
import type { Api } from './api.js';
import { bareApi, open } from './testAgent.js';

const TOKEN = 'correct-horse-battery-staple';
const opened: Api[] = [];
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of opened.splice(0)) await app.close();
});

/** An API with a certificate, and where it is; `renew` is what SIGHUP leads to. */
async function secureApi(settings: { token?: string; withoutAuthority?: true } = {}) {
  let renew: (material: typeof OWN) => void = () => undefined;
  const { ca: _, ...noCa } = OWN;
  const tls: Pick<AgentTls, 'material' | 'peer' | 'onRenewed'> = {
    material: settings.withoutAuthority ? noCa : OWN,
    peer: settings.withoutAuthority ? undefined : { ...OWN, allowPeers: [] },
    onRenewed: (listener) => (renew = listener),
  };
  const { app } = await bareApi({ ...(settings.token === undefined ? {} : { token: settings.token }), tls });
  opened.push(app);
  const url = await open(app);
  return { url, port: Number(new URL(url).port), renew: (material: typeof OWN) => renew(material) };
}

function statusOf(url: string, client: SecureContextOptions, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, ca: OWN.ca, ...client, headers, checkServerIdentity: () => undefined });
    call.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end();
  });
}

const PROOF = { cert: OWN.cert, key: OWN.key };

describe('an API with a certificate', () => {
  it('speaks https, and asks for a certificate of its authority, but not for probes', async () => {
    const { url } = await secureApi();
    expect(url).toMatch(/^https:/);
    expect(await statusOf(`${url}/metrics`, PROOF)).toBe(200);
    expect(await statusOf(`${url}/metrics`, {})).toBe(401);
    expect(await statusOf(`${url}/metrics`, { cert: OTHER.cert, key: OTHER.key })).toBe(401);
    expect(await statusOf(`${url}/healthz`, {})).toBe(200);
    await expect(statusOf(`${url}/healthz`, { maxVersion: 'TLSv1.2' })).rejects.toThrow('protocol version');
  });

  it('with a token asks for that, and a certificate does not do instead', async () => {
    const { url } = await secureApi({ token: TOKEN });
    expect(await statusOf(`${url}/metrics`, {}, { authorization: `Bearer ${TOKEN}` })).toBe(200);
    expect(await statusOf(`${url}/metrics`, PROOF)).toBe(401);
  });

  it('without an authority and a token answers this machine, and no web page', async () => {
    const { url } = await secureApi({ withoutAuthority: true });
    expect(await statusOf(`${url}/metrics`, {})).toBe(200);
    expect(await statusOf(`${url}/metrics`, {}, { origin: 'https://evil.example' })).toBe(400);
    expect(await statusOf(`${url}/metrics`, {}, { host: 'rebound.example' })).toBe(400);
    expect(await statusOf(`${url}/metrics`, {}, { origin: url })).toBe(200);
  });

  it('takes nobody for proven who resumes a session in which nothing was shown', async () => {
    const { port } = await secureApi();
    const sessions: Buffer[] = [];
    const ask = (session?: Buffer): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { port, host: '127.0.0.1', ca: OWN.ca, checkServerIdentity: () => undefined };
        const socket = connect({ ...options, ...(session === undefined ? {} : { session }) });
        sockets.push(socket);
        socket.on('session', (one) => sessions.push(one));
        socket.on('error', reject);
        let answer = '';
        socket.on('data', (chunk) => (answer += String(chunk)));
        socket.on('end', () => resolve(answer));
        socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      });
    expect(await ask()).toContain('E_CERTIFICATE');
    for (const session of [...sessions]) expect(await ask(session)).toContain('E_CERTIFICATE');
  });

  it('shows a new certificate from the moment on that it has one', async () => {
    const { url, renew } = await secureApi();
    renew(OTHER);
    await expect(statusOf(`${url}/healthz`, {})).rejects.toThrow();
    expect(await statusOf(`${url}/metrics`, { ca: OTHER.ca, cert: OTHER.cert, key: OTHER.key })).toBe(200);
  });
});
