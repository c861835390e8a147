import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestContext } from '../testing/testContext.js';

let out = '';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-certs-'));
  out = join(folder, 'made');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function init(words: string): Promise<{ code: number; context: TestContext }> {
  const context = new TestContext();
  const code = await context.run(`certs init --out ${out} ${words}`);
  return { code, context };
}

const TWO = '--host a.example,10.0.0.1,fd00::1 --host b.example';
const read = (...path: string[]) => readFileSync(join(out, ...path), 'utf8');
const certificateOf = (host: string) => new X509Certificate(read(host, 'cert.pem'));

describe('godwit certs init', () => {
  it('makes an authority and two hosts at once, for both sides of a connection, and says what goes where', async () => {
    const { code, context } = await init(TWO);
    expect([code, context.log]).toEqual([0, '']);
    expect(readdirSync(out).sort()).toEqual(['a.example', 'b.example', 'ca.key', 'ca.pem']);
    const authority = new X509Certificate(read('ca.pem'));
    expect(authority.ca).toBe(true);
    for (const host of ['a.example', 'b.example']) {
      expect(readdirSync(join(out, host)).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
      expect(read(host, 'ca.pem')).toBe(read('ca.pem'));
      const certificate = certificateOf(host);
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
      expect(certificate.checkHost(host)).toBe(host);
      expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
      expect(context.out).toContain(join(out, host));
    }
    const [a, b] = [certificateOf('a.example'), certificateOf('b.example')];
    expect([a.checkIP('10.0.0.1'), a.checkIP('fd00::1')]).toEqual(['10.0.0.1', 'fd00::1']);
    expect([b.checkIP('10.0.0.1'), b.checkHost('a.example')]).toEqual([undefined, undefined]);
    expect(context.out).toContain('--allow-peer b.example on a.example');
  });

  it('keeps keys from everybody else', async () => {
    await init(TWO);
    for (const key of ['ca.key', 'a.example/key.pem', 'b.example/key.pem']) {
      expect(statSync(join(out, key)).mode & 0o777).toBe(0o600);
    }
  });

  it('overwrites nothing, and with --force the hosts that are named; never the authority', async () => {
    await init(TWO);
    const files = ['ca.pem', 'ca.key', 'a.example/cert.pem', 'a.example/key.pem', 'b.example/cert.pem'];
    const before = files.map((name) => read(name));
    const again = await init(TWO);
    expect([again.code, again.context.log]).toEqual([2, expect.stringContaining('exists; --force')]);
    expect(files.map((name) => read(name))).toEqual(before);
    expect((await init('--host a.example --force --days 10')).code).toBe(0);
    const changed = files.filter((name, index) => read(name) !== before[index]);
    expect(changed).toEqual(['a.example/cert.pem', 'a.example/key.pem']);
    const days = (Date.parse(certificateOf('a.example').validTo) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(10);
    // A third host, later.
    expect((await init('--host c.example')).code).toBe(0);
    expect(certificateOf('c.example').verify(new X509Certificate(read('ca.pem')).publicKey)).toBe(true);
  });

  it.each([
    ['', 'E_USAGE', '--host NAME[,NAME...] is needed'],
    ['--host a_b', 'E_BAD_VALUE', '--host is "a_b"'],
    ['--host ../x', 'E_BAD_VALUE', '--host is "../x"'],
    ['--host ,', 'E_BAD_VALUE', '--host is ","'],
    ['--host a --host a,b', 'E_USAGE', '--host a is given twice'],
    ['--host a --days 0', 'E_BAD_VALUE', '--days'],
  ])('refuses "%s" and leaves nothing', async (words, code, said) => {
    const made = await init(words);
    expect([made.code, made.context.log]).toEqual([2, expect.stringContaining(`${code} `)]);
    expect(made.context.log).toContain(said);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses an authority that cannot sign, and a place that cannot be written', async () => {
    await init('--host a');
    writeFileSync(join(out, 'ca.key'), read('a', 'key.pem'));
    const other = await init('--host b');
    expect([other.code, other.context.log]).toEqual([2, expect.stringContaining('E_TLS_FILE')]);
    out = join(out, 'ca.pem', 'below');
    expect((await init('--host c')).context.log).toContain('E_NOT_WRITABLE');
  });

  const openssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!openssl && process.env['CI'] !== 'true')(
    'satisfies openssl by the strict rules, for both uses',
    async () => {
      await init(TWO);
      for (const host of ['a.example', 'b.example']) {
        for (const purpose of ['sslserver', 'sslclient']) {
          const names = host === 'a.example' ? ['-verify_hostname', host, '-verify_ip', '10.0.0.1'] : [];
          const args = ['-x509_strict', '-purpose', purpose, ...names, '-CAfile', join(out, 'ca.pem')];
          const { status, stderr } = spawnSync('openssl', ['verify', ...args, join(out, host, 'cert.pem')], {
            encoding: 'utf8',
          });
          expect([status, stderr]).toEqual([0, '']);
        }
      }
    },
  );
});
