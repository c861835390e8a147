/** NBD within TLS, as libnbd and QEMU speak it. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { Authority, type Credentials } from '../harness/certificates.js';
import { run, runWell } from '../harness/foreignCommand.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';
import { IMAGE_BYTES, qemuTls, tlsServer, tlsUri } from './tlsServer.js';

/** A refusal is said at once; a client that waits for what never comes is ended then. */
const AT_ONCE_MS = 20_000;

function stageWith(context: TestContext, ...tools: readonly string[]): Stage {
  for (const tool of ['openssl', ...tools]) requireTool(context, tool);
  return stageForTest();
}

async function isServed(uri: string): Promise<void> {
  expect(await runWell('nbdinfo', ['--size', uri])).toBe(`${IMAGE_BYTES}\n`);
}

/** What nbdinfo says when it is not served; it must not have waited long. */
async function refusal(uri: string): Promise<string> {
  const { code, timedOut, stderr } = await run('nbdinfo', ['--size', uri], { timeoutMs: AT_ONCE_MS });
  expect({ code, timedOut }).toEqual({ code: 1, timedOut: false });
  return stderr;
}

/** A folder with nothing but the authority that the client trusts. */
function withoutCertificate(stage: Stage, { ca }: Credentials): Credentials {
  const folder = stage.path('no-certificate');
  mkdirSync(folder);
  copyFileSync(ca, `${folder}/ca-cert.pem`);
  return { folder, ca: `${folder}/ca-cert.pem`, cert: '', key: '' };
}

describe('with --tls-ca', () => {
  it.for(TRANSPORTS)('libnbd reads what there is by %s', async (transport, context) => {
    const stage = stageWith(context, 'nbdinfo');
    const { authority, server } = await tlsServer(stage, { prove: true });
    const uri = tlsUri(server, await authority.client(), transport);
    await isServed(uri);
    expect(await runWell('nbdinfo', ['--list', '--json', uri])).toContain(`"export-name": "${DISK}"`);
    expect(await runWell('nbdinfo', ['--json', uri])).toContain('"TLS": true');
  });

  it('nbdcopy takes 64 MiB out and puts others in', async (context) => {
    const stage = stageWith(context, 'nbdcopy');
    const imageBytes = 64 * 2 ** 20;
    const { authority, server, imagePath } = await tlsServer(stage, { prove: true, imageBytes });
    const uri = tlsUri(server, await authority.client());
    await runWell('nbdcopy', ['--connections=4', uri, stage.path('out.raw')]);
    expect(readFileSync(stage.path('out.raw')).equals(readFileSync(imagePath))).toBe(true);
    makeRandomImage(stage.path('in.raw'), imageBytes, 2);
    await runWell('nbdcopy', ['--connections=4', '--flush', stage.path('in.raw'), uri]);
    expect(readFileSync(imagePath).equals(readFileSync(stage.path('in.raw')))).toBe(true);
  });

  it('qemu-img reads all of it, and qemu-io writes', async (context) => {
    const stage = stageWith(context, 'qemu-img', 'qemu-io');
    const { authority, server, imagePath } = await tlsServer(stage, { prove: true });
    const options = qemuTls(server, await authority.client());
    await runWell('qemu-img', ['convert', '-O', 'raw', ...options, stage.path('out.raw')]);
    expect(readFileSync(stage.path('out.raw')).equals(readFileSync(imagePath))).toBe(true);
    const writes = ['-c', 'write -P 0xa5 1M 64k', '-c', 'write -z 5M 1M', '-c', 'flush'];
    const reads = ['-c', 'read -P 0xa5 1M 64k', '-c', 'read -P 0 5M 1M'];
    expect(await runWell('qemu-io', [...options, ...writes, ...reads])).not.toMatch(/fail|error/i);
    expect(
      readFileSync(imagePath)
        .subarray(2 ** 20, 2 ** 20 + 65_536)
        .every((byte) => byte === 0xa5),
    ).toBe(true);
  });

  it('fio verifies what it wrote through nbdkit, for it cannot name certificates itself', async (context) => {
    const stage = stageWith(context, 'fio', 'nbdkit');
    const { authority, server } = await tlsServer(stage, { prove: true });
    const { folder } = await authority.client();
    const there = ['hostname=localhost', `port=${server.port}`, `export=${DISK}`, 'shared=true'];
    const tls = ['tls=require', `tls-certificates=${folder}`, 'tls-verify=true'];
    const job = 'fio --name=v --ioengine=nbd --uri=$uri --rw=randwrite --bsrange=4k-256k --iodepth=16 --size=8m';
    const verification = '--verify=xxhash --verify_fatal=1 --do_verify=1 --fsync=32';
    const fio = ['--run', `${job} ${verification}`];
    await runWell('nbdkit', ['-U', '-', 'nbd', ...there, ...tls, ...fio], { cwd: stage.directory });
  });

  it('a client without a certificate, with one of another authority, or an expired one is refused', async (context) => {
    const stage = stageWith(context, 'nbdinfo', 'qemu-img');
    const { authority, server } = await tlsServer(stage, { prove: true });
    // Of the same name, so that only the signature tells them apart.
    const stranger = await Authority.make(stage);
    const good = await authority.client();
    const refused = [
      withoutCertificate(stage, good),
      await stranger.client(authority.cert),
      await authority.expired('client'),
    ];
    for (const credentials of refused) {
      for (const transport of TRANSPORTS) await refusal(tlsUri(server, credentials, transport));
    }
    const { code, timedOut } = await run('qemu-img', ['info', ...qemuTls(server, refused[1] ?? good)]);
    expect({ code, timedOut }).toEqual({ code: 1, timedOut: false });
    await isServed(tlsUri(server, good));
  });

  it('a client in plain text is told that TLS is required', async (context) => {
    const stage = stageWith(context, 'nbdinfo', 'qemu-img');
    const { authority, server } = await tlsServer(stage, { prove: true });
    for (const transport of TRANSPORTS) {
      expect(await refusal(server.uri(DISK, transport))).toContain('server requires TLS encryption first');
      const { code, stderr } = await run('qemu-img', ['info', '-f', 'raw', server.uri(DISK, transport)]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('TLS negotiation required') });
    }
    await isServed(tlsUri(server, await authority.client()));
  });

  it('a client that trusts another authority does not take the server', async (context) => {
    const stage = stageWith(context, 'nbdinfo');
    const { authority, server } = await tlsServer(stage, { prove: true });
    const stranger = await Authority.make(stage);
    const uri = tlsUri(server, await authority.client(stranger.cert));
    expect(await refusal(uri)).toContain('certificate verification');
  });

  it('32 clients shake hands at once', async (context) => {
    const stage = stageWith(context, 'nbdinfo');
    const { authority, server } = await tlsServer(stage, { prove: true });
    const uri = tlsUri(server, await authority.client());
    await Promise.all(Array.from({ length: 32 }, () => isServed(uri)));
  });
});

describe('without --tls-ca', () => {
  it('a client that shows nothing is served by TLS, and nobody without', async (context) => {
    const stage = stageWith(context, 'nbdinfo', 'qemu-img');
    const { certificate, server } = await tlsServer(stage, { prove: false });
    const credentials = withoutCertificate(stage, certificate);
    await isServed(tlsUri(server, credentials));
    expect(await runWell('qemu-img', ['info', ...qemuTls(server, credentials)])).toContain('8 MiB');
    expect(await refusal(server.uri(DISK))).toContain('server requires TLS encryption first');
  });
});

describe('--nbd-tls allow', () => {
  it('takes clients with and without TLS, and still wants the certificates of the first', async (context) => {
    const stage = stageWith(context, 'nbdinfo');
    const { authority, server } = await tlsServer(stage, { prove: true, args: ['--nbd-tls', 'allow'] });
    const good = await authority.client();
    for (const transport of TRANSPORTS) {
      await isServed(server.uri(DISK, transport));
      await isServed(tlsUri(server, good, transport));
    }
    await refusal(tlsUri(server, withoutCertificate(stage, good)));
  });
});

describe('without a certificate', () => {
  it('a client that insists on TLS is told that there is none', async (context) => {
    const stage = stageWith(context, 'nbdinfo');
    makeRandomImage(stage.path('disk.raw'), IMAGE_BYTES);
    const server = await nbdServer(stage, { [DISK]: stage.path('disk.raw') });
    const authority = await Authority.make(stage);
    expect(await refusal(tlsUri(server, await authority.client()))).toContain('TLS');
    await isServed(server.uri(DISK));
  });
});
