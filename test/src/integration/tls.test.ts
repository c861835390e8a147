/** Migrations, API and certificates within TLS, between daemons of their own. */
import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Certs, certsFor, tlsArgs } from '../harness/certs.js';
import { godwit } from '../harness/command.js';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectOwnedBy, expectSoundCompletion, expectSourceOwns } from '../harness/expectations.js';
import { Hold } from '../harness/hold.js';
import { clientTlsOf } from '../harness/httpCall.js';
import { keepCopy, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrate, migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import { httpTarget } from '../oracle/writeTarget.js';

const MEBIBYTE = 1024 * 1024;
const SLOW_BYTES_PER_SEC = 8 * MEBIBYTE;
const PATIENCE_MS = 60_000;
/** Stands in the image a thousand times. */
const PLAINTEXT = Buffer.from('a plain text that nobody on the wire is to read, whatever he does. ');

interface Scene {
  readonly stage: Stage;
  readonly certs: Certs;
  readonly pair: Pair;
}

async function scene(
  make: (path: string) => void,
  more: { source?: readonly string[]; destination?: readonly string[] } = {},
): Promise<Scene> {
  const stage = stageForTest();
  const certs = await certsFor(stage);
  const pair = await pairOf(stage, make, {
    source: { args: [...certs.source, ...(more.source ?? [])] },
    destination: { args: [...certs.destination, ...(more.destination ?? [])] },
  });
  return { stage, certs, pair };
}

/** The line of a log in which all of these stand. */
function lineWith(output: string, ...texts: readonly string[]): string | undefined {
  return output.split('\n').find((line) => texts.every((text) => line.includes(text)));
}

describe('a migration within TLS', () => {
  it.each([1, 4])('over %i lanes loses no acknowledged write, and its writers follow by https', async (lanes) => {
    const sizeBytes = 24 * MEBIBYTE + 4321;
    const { stage, certs, pair } = await scene((path) => makeMixedImage(path, sizeBytes));
    const { source, destination, path } = pair;
    const initial = keepCopy(path, stage.path('initial'));
    const rate = { rateBytesPerSec: 8 * MEBIBYTE, zeroShare: 0.05 };
    const target = httpTarget(4, undefined, clientTlsOf(certs.source));
    const oracle = stage.writers({ seed: 7 + lanes, url: source.api.imageUrl(DISK), sizeBytes, ...rate, target });
    oracle.start();
    await oracle.acknowledged(50);
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address, lanes });
    await oracle.followed();
    await oracle.acknowledged(100);
    await oracle.stop();
    expectSoundCompletion(view);
    await expectOwnedBy(destination, source);
    expect(destination.api.imageUrl(DISK)).toMatch(/^https:/);
    expect([oracle.refusals, oracle.history.count('unknown')]).toEqual([new Map(), 0]);
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
    expect(view.verified).toMatchObject({ mismatches: 0 });
  });

  it('is encrypted: what stands in the image, and what is secret, never passes', async () => {
    const stage = stageForTest();
    const certs = await certsFor(stage);
    const token = 'a-token-that-nobody-is-to-see';
    writeFileSync(stage.path('token'), token);
    const options = (args: readonly string[]) => ({ args: [...args, '--token-file', stage.path('token')], token });
    const make = (path: string) => writeFileSync(path, Buffer.alloc(4 * MEBIBYTE, PLAINTEXT));
    const pair = await pairOf(stage, make, { source: options(certs.source), destination: options(certs.destination) });
    const passed: Buffer[] = [];
    const proxy = await stage.proxy({
      targetPort: pair.destination.plan.port ?? 0,
      record: (part) => passed.push(Buffer.from(part)),
    });
    const view = await migrateCompletely(pair.source.api, {
      images: [DISK],
      destination: proxy.address,
      encoding: 'raw',
      lanes: 2,
    });
    expect(readFileSync(pair.destination.imagePath(DISK)).equals(readFileSync(pair.path))).toBe(true);
    const wire = Buffer.concat(passed);
    expect(view.progress.wireBytes).toBeGreaterThan(4 * MEBIBYTE);
    expect(wire.length).toBeGreaterThan(view.progress.wireBytes);
    for (const secret of [PLAINTEXT, Buffer.from(token)]) expect(wire.includes(secret.subarray(0, 16))).toBe(false);
    // What does stand there: that the recording is one at all.
    expect(wire.includes(Buffer.from('GDWT'))).toBe(true);
  });

  it('goes on after a cut, within TLS again, and sends what is missing alone', async () => {
    const sizeBytes = 32 * MEBIBYTE;
    const { stage, pair } = await scene((path) => makeRandomImage(path, sizeBytes));
    const { source, destination, path } = pair;
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const id = await source.api.startMigration({
      images: [DISK],
      destination: proxy.address,
      bandwidthLimit: SLOW_BYTES_PER_SEC,
      patienceMs: PATIENCE_MS,
    });
    await until('a quarter', async () => (await source.api.migration(id)).progress.transferred > sizeBytes / 4);
    proxy.cut({ refuse: true });
    await untilState(source.api, id, 'paused');
    await untilState(destination.api, id, 'paused');
    proxy.mend();
    const view = await untilState(source.api, id, 'completed');
    expect(view.progress.wireBytes).toBeLessThan(sizeBytes * 1.3);
    await expectMovedWhole(source, destination, path);
  });

  it('goes on while certificates are renewed, and what comes afterwards uses the new ones', async () => {
    const { stage, certs, pair } = await scene((path) => makeRandomImage(path, 4 * MEBIBYTE));
    const { source, destination, path } = pair;
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const id = await source.api.startMigration({
      images: [DISK],
      destination: proxy.address,
      cutover: 'manual',
      patienceMs: PATIENCE_MS,
    });
    await untilState(source.api, id, 'pre-switchover');
    const connections = proxy.connections;
    const before = await fingerprintOf(pair);
    await certs.renew();
    for (const agent of [source, destination]) {
      agent.process.signal('SIGHUP');
      await until('the new files to be read', async () => lineWith(agent.output, 'were read again'));
    }
    expect(await fingerprintOf(pair)).not.toEqual(before);
    // On the link that it had.
    expect((await source.api.migration(id)).state).toBe('pre-switchover');
    expect(proxy.connections).toBe(connections);
    // The next link shakes hands with the new ones at both ends.
    proxy.cut();
    await until('another link', () => Promise.resolve(proxy.connections > connections));
    await untilState(source.api, id, 'pre-switchover');
    await source.api.cutover(id);
    await untilState(source.api, id, 'completed');
    await expectMovedWhole(source, destination, path);
  });

  it('keeps the certificate in use when the new file cannot be used, and says so in one line', async () => {
    const { certs, pair } = await scene((path) => makeRandomImage(path, MEBIBYTE));
    const { destination, source } = pair;
    const before = await fingerprintOf(pair);
    const file = join(certs.folder, 'destination.test', 'cert.pem');
    writeFileSync(file, 'no certificate');
    destination.process.signal('SIGHUP');
    const line = await until('the complaint', async () => lineWith(destination.output, 'stays', file));
    expect(line).toContain('it holds no certificate in PEM');
    expect(await fingerprintOf(pair)).toEqual(before);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
  });

  it('asks who owns, after a restart of the source, within TLS too', async () => {
    const { stage, pair } = await scene((path) => makeRandomImage(path, 4 * MEBIBYTE));
    const { source, destination, path } = pair;
    const hold = new Hold(stage, 'source.switchover.after-seal');
    await source.stop();
    await source.start(hold.env);
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    await source.kill();
    await source.start({});
    await until('who owns', async () => (await source.api.image(DISK)).owner.role === 'owner');
    expect(lineWith(destination.output, 'told the source who owns')).toBeDefined();
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
  });
});

/** Of the certificate at the door of the destination's API. */
async function fingerprintOf({ destination }: Pair): Promise<string> {
  const { connect: connectTls } = await import('node:tls');
  const { port } = new URL(destination.api.url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('who is refused', () => {
  it('is a source without TLS, and a destination without', async () => {
    const stage = stageForTest();
    const certs = await certsFor(stage);
    const [plain, secure] = await Promise.all([
      pairOf(stage, (path) => makeRandomImage(path, MEBIBYTE)),
      stage.destination({ args: certs.destination }),
    ]);
    const path = stage.path('other.raw');
    copyFileSync(plain.path, path);
    const wary = await stage.source({ images: { [DISK]: path }, args: certs.source });
    const request = { images: [DISK] };
    const refused = await migrate(plain.source.api, { ...request, destination: secure.address });
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'E_TLS_REQUIRED' } });
    expect(lineWith(secure.output, 'connection refused', 'E_TLS_REQUIRED')).toBeDefined();
    const unanswered = await migrate(wary.api, { ...request, destination: plain.destination.address });
    expect(unanswered).toMatchObject({ state: 'failed', error: { code: 'E_TLS_MISSING' } });
    expect(lineWith(plain.destination.output, 'connection refused', 'E_TLS_MISSING')).toBeDefined();
    await expectSourceOwns(plain.source);
    await expectSourceOwns(wary);
  });

  it('is a peer of another name, in words at both ends; and one of the right name is not', async () => {
    const { pair } = await scene((path) => makeRandomImage(path, MEBIBYTE), {
      destination: ['--allow-peer', 'somebody.test', '--allow-peer', 'else.test'],
      source: ['--allow-peer', 'destination.test'],
    });
    const { source, destination } = pair;
    const request = { images: [DISK], destination: destination.address };
    const view = await migrate(source.api, request);
    expect(view.error?.code).toBe('E_PEER_NAME');
    expect(view.error?.message).toMatch(/bears source\.test, .*, not somebody\.test or else\.test$/);
    expect(lineWith(destination.output, 'E_PEER_NAME', 'source.test', 'somebody.test')).toBeDefined();
    await expectSourceOwns(source);
  });

  it('is a destination whose name is not allowed', async () => {
    const { pair } = await scene((path) => makeRandomImage(path, MEBIBYTE), {
      source: ['--allow-peer', 'nobody.test'],
      destination: ['--allow-peer', 'source.test'],
    });
    const request = { images: [DISK], destination: pair.destination.address };
    const view = await migrate(pair.source.api, request);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'E_PEER_NAME' } });
    // The source knows before the destination has been told.
    await until('the destination to say so', () => lineWith(pair.destination.output, 'E_PEER_NAME', 'nobody.test'));
  });

  it('is a source of another authority', async () => {
    const { stage, certs, pair } = await scene((path) => makeRandomImage(path, MEBIBYTE));
    const others = await certsFor(stage);
    const path = stage.path('other.raw');
    copyFileSync(pair.path, path);
    // It believes both authorities, so that only the destination has reason to refuse.
    const both = stage.path('both.pem');
    const authorities = [certs, others].map(({ folder }) => readFileSync(join(folder, 'ca.pem'), 'utf8'));
    writeFileSync(both, authorities.join(''));
    const args = [...others.source.slice(0, 4), '--tls-ca', both];
    const stranger = await stage.source({ images: { [DISK]: path }, args });
    const view = await migrate(stranger.api, { images: [DISK], destination: pair.destination.address });
    expect(view).toMatchObject({ state: 'failed', error: { code: 'E_TLS' } });
    expect(view.error?.message).toContain('no authority of --tls-ca signed its certificate');
    expect(lineWith(pair.destination.output, 'E_TLS', 'no authority of --tls-ca signed')).toBeDefined();
  });

  it('is who comes as a lane of a migration without proof; the migration does not notice', async () => {
    const { pair } = await scene((path) => makeRandomImage(path, 4 * MEBIBYTE));
    const { source, destination, path } = pair;
    const request = { images: [DISK], destination: destination.address, lanes: 2, cutover: 'manual' } as const;
    const id = await source.api.startMigration(request);
    await untilState(source.api, id, 'pre-switchover');
    const { encodeFrame, encodePreamble } = await import('@godwit/protocol');
    // A lane that there is: whoever knows the migration may say so, and must not take its place.
    const hello = { agentVersion: '', token: '', migrationId: id, sessionKey: '', lane: 0, heartbeatMs: 0 };
    const greeting = Buffer.concat([encodePreamble('lane', 2, true), encodeFrame('Hello', hello)]);
    for (let count = 0; count < 3; count++) {
      const socket = connect(destination.plan.port ?? 0, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.write(greeting);
      await new Promise((resolve) => socket.once('data', resolve));
      socket.write('no TLS at all');
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await source.api.cutover(id);
    await untilState(source.api, id, 'completed');
    expect(lineWith(destination.output, 'connection refused', 'E_TLS', 'does not speak TLS')).toBeDefined();
    await expectMovedWhole(source, destination, path);
  });
});

interface Curl {
  readonly code: number;
  readonly status: string;
  readonly body: string;
}

function curl(...args: readonly string[]): Promise<Curl> {
  return new Promise((resolve) => {
    execFile('curl', ['--silent', '--write-out', '\n%{http_code}', ...args], (error, stdout) => {
      const lines = stdout.split('\n');
      const status = lines.pop() ?? '';
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, status, body: lines.join('\n') });
    });
  });
}

describe('the API within TLS', () => {
  it('takes curl with a certificate, and tells it without what is missing', async (context) => {
    requireTool(context, 'curl');
    const { certs, pair } = await scene((path) => makeRandomImage(path, MEBIBYTE));
    const { url } = pair.source.api;
    const file = (name: string) => join(certs.folder, 'source.test', `${name}.pem`);
    const trust = ['--cacert', file('ca')];
    const proof = ['--cert', file('cert'), '--key', file('key')];
    expect(await curl(...trust, ...proof, `${url}/v1/images`)).toMatchObject({ code: 0, status: '200' });
    const without = await curl(...trust, `${url}/v1/images`);
    expect([without.status, without.body]).toEqual(['401', expect.stringContaining('E_CERTIFICATE')]);
    expect(await curl(...trust, `${url}/readyz`)).toMatchObject({ status: '200' });
    // Nobody is believed by default, and nothing older than 1.3 is spoken.
    expect((await curl(`${url}/readyz`)).code).toBe(60);
    expect((await curl(...trust, '--tls-max', '1.2', `${url}/readyz`)).code).not.toBe(0);
    expect((await curl(url.replace('https:', 'http:'))).code).not.toBe(0);
    const strangers = await certsFor(stageForTest());
    const strange = join(strangers.folder, 'source.test');
    const forged = ['--cert', join(strange, 'cert.pem'), '--key', join(strange, 'key.pem')];
    expect(await curl(...trust, ...forged, `${url}/v1/images`)).toMatchObject({ status: '401' });
    // Across origins a certificate proves the browser's owner, and not that he wants this.
    const crossed = await curl(...trust, ...proof, '-H', 'origin: https://evil.example', `${url}/v1/images`);
    expect([crossed.status, crossed.body]).toEqual(['400', expect.stringContaining('evil.example')]);
  });

  it('is used by the command, for a whole migration', async () => {
    const { certs, pair } = await scene((path) => makeRandomImage(path, 4 * MEBIBYTE));
    const { source, destination, path } = pair;
    const { host } = new URL(source.api.url);
    const client = tlsArgs(join(certs.folder, 'source.test'));
    const to = ['migrate', DISK, '--to', destination.address, '--source'];
    const unproven = await godwit(...to, host, '--tls-ca', join(certs.folder, 'ca.pem'));
    expect([unproven.code, unproven.stderr]).toEqual([2, expect.stringContaining('E_CERTIFICATE')]);
    const unbelieved = await godwit(...to, source.api.url);
    expect([unbelieved.code, unbelieved.stderr]).toEqual([5, expect.stringContaining('--tls-ca')]);
    const moved = await godwit(...to, host, ...client);
    expect([moved.code, moved.stdout]).toEqual([0, expect.stringContaining('completed')]);
    await expectMovedWhole(source, destination, path);
  });

  it('asks for the token where there is one, certificate or not', async (context) => {
    requireTool(context, 'curl');
    const stage = stageForTest();
    const certs = await certsFor(stage);
    writeFileSync(stage.path('token'), 'a-token-for-the-api');
    const path = stage.path('disk.raw');
    makeRandomImage(path, MEBIBYTE);
    const args = [...certs.source, '--token-file', stage.path('token')];
    const source = await stage.source({ images: { [DISK]: path }, args, token: 'a-token-for-the-api' });
    const trust = ['--cacert', join(certs.folder, 'ca.pem')];
    const bearer = ['-H', 'authorization: Bearer a-token-for-the-api'];
    const images = `${source.api.url}/v1/images`;
    expect(await curl(...trust, ...bearer, images)).toMatchObject({ status: '200' });
    const folder = join(certs.folder, 'destination.test');
    const proof = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')];
    expect(await curl(...trust, ...proof, images)).toMatchObject({ status: '401' });
  });
});
