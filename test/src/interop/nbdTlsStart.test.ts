/** What the agents make of the options of TLS, before anybody connects. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { Authority, type Credentials } from '../harness/certificates.js';
import { isOneClearLine, refusedStart } from '../harness/command.js';
import type { Role } from '../harness/daemonProcess.js';
import { runWell } from '../harness/foreignCommand.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { certificateArgs } from './tlsServer.js';

const ROLES = ['source', 'dest'] as const;

interface Scene {
  readonly stage: Stage;
  readonly authority: Authority;
  readonly certificate: Credentials;
  readonly other: Credentials;
  readonly expired: Credentials;
}

async function scene(context: TestContext): Promise<Scene> {
  requireTool(context, 'openssl');
  const stage = stageForTest();
  const authority = await Authority.make(stage);
  const [certificate, other] = [await authority.server(), await authority.server()];
  return { stage, authority, certificate, other, expired: await authority.expired('server') };
}

/** Starts with these options beside what is needed; the one line that it ends with, or all that it said. */
async function refusal({ stage }: Scene, role: Role, args: readonly string[]): Promise<string> {
  const listen = ['--listen', `127.0.0.1:${await freePort()}`, '--state-dir', await stage.folder('state')];
  const dest = ['--dir', await stage.folder('images'), '--api', `127.0.0.1:${await freePort()}`];
  const { code, output } = await refusedStart(role, ...listen, ...(role === 'dest' ? dest : []), ...args);
  expect([code, isOneClearLine(output, 'E_')]).toEqual([2, true]);
  return output;
}

describe.each(ROLES)('a %s agent does not start', (role) => {
  it('with a certificate, a key or an authority alone: E_USAGE', async (context) => {
    const here = await scene(context);
    const { cert, key, ca } = here.certificate;
    expect(await refusal(here, role, ['--tls-cert', cert])).toContain('E_USAGE --tls-cert needs --tls-key');
    expect(await refusal(here, role, ['--tls-key', key])).toContain('E_USAGE --tls-key needs --tls-cert');
    expect(await refusal(here, role, ['--tls-ca', ca])).toContain('E_USAGE --tls-ca needs --tls-cert');
    expect(await refusal(here, role, ['--nbd-tls', 'require'])).toContain('E_USAGE --nbd-tls needs --tls-cert');
  });

  it('with files that are missing, no PEM, expired or of two pairs: E_TLS_FILE', async (context) => {
    const here = await scene(context);
    const { certificate, other, expired, stage } = here;
    writeFileSync(stage.path('text'), 'no PEM\n');
    const tried: readonly (readonly [Partial<Credentials>, string])[] = [
      [{ cert: stage.path('none') }, `${stage.path('none')}: no such file`],
      [{ key: stage.path('none') }, `${stage.path('none')}: no such file`],
      [{ cert: stage.path('text') }, `${stage.path('text')}: it holds no certificate in PEM`],
      [{ key: stage.path('text') }, `${stage.path('text')}: it holds no private key in PEM`],
      [{ key: other.key }, `${other.key}: it is not the key of the certificate in ${certificate.cert}`],
      [expired, `${expired.cert}: the certificate expired on Jan  2 00:00:00 2020 GMT`],
    ];
    for (const [files, problem] of tried) {
      const args = certificateArgs({ ...certificate, ...files });
      expect(await refusal(here, role, args)).toBe(`godwit: E_TLS_FILE TLS file ${problem}\n`);
    }
    const ca = ['--tls-ca', stage.path('none')];
    expect(await refusal(here, role, [...certificateArgs(certificate), ...ca])).toContain('E_TLS_FILE');
  });

  it('with NBD beyond loopback for clients that prove nothing: E_INSECURE', async (context) => {
    const here = await scene(context);
    const address = `0.0.0.0:${await freePort()}`;
    const said = (needed: string) =>
      `godwit: E_INSECURE serving NBD on ${address} beyond loopback needs ${needed}, or --insecure\n`;
    const certificate = certificateArgs(here.certificate);
    const proof = ['--tls-ca', here.authority.cert];
    const refused = (...args: readonly string[]) => refusal(here, role, ['--nbd', address, ...args]);
    expect(await refused()).toBe(said('--tls-ca'));
    expect(await refused(...certificate)).toBe(said('--tls-ca'));
    expect(await refused(...certificate, ...proof, '--nbd-tls', 'allow')).toBe(said('--nbd-tls require'));
  });
});

describe('a source agent starts', () => {
  it('with NBD beyond loopback where clients prove who they are, or when told that it is insecure', async (context) => {
    const here = await scene(context);
    const certificate = certificateArgs(here.certificate);
    for (const how of [
      [...certificate, '--tls-ca', here.authority.cert],
      [...certificate, '--insecure'],
      ['--insecure'],
    ]) {
      const agent = await here.stage.source({ images: {}, args: ['--nbd', `0.0.0.0:${await freePort()}`, ...how] });
      expect(agent.output).toContain(how.length === 1 ? 'nbd://0.0.0.0' : 'nbds://0.0.0.0');
    }
  });

  it('with a key of RSA', async (context) => {
    const here = await scene(context);
    const [cert, key] = [here.stage.path('cert.pem'), here.stage.path('key.pem')];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '2'];
    await runWell('openssl', [...made, '-keyout', key, '-out', cert]);
    await here.stage.source({ images: {}, args: ['--tls-cert', cert, '--tls-key', key] });
  });
});
