import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTlsMaterial } from './tlsFiles.js';

const IN_2021 = Date.parse('2021-06-01');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-tls-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Reads files of these contents. */
function read(contents: { cert?: string; key?: string; ca?: string }, now = IN_2021) {
  const cert = fileOf(contents.cert ?? CERT, 'cert.pem');
  const key = fileOf(contents.key ?? KEY, 'key.pem');
  return readTlsMaterial(
    contents.ca === undefined ? { cert, key } : { cert, key, ca: fileOf(contents.ca, 'ca.pem') },
    now,
  );
}

function refusal(file: string, said: string) {
  const path = join(folder, file);
  const message = expect.stringMatching(new RegExp(`^TLS file ${path}: .*${said}`));
  return expect.objectContaining({ code: 'E_TLS_FILE', message });
}

describe('readTlsMaterial', () => {
  it('answers the contents', () => {
    expect(read({})).toEqual({ cert: CERT, key: KEY });
    expect(read({ cert: CERT + CERT, ca: `a comment\n${CERT}` })).toEqual({
      cert: CERT + CERT,
      key: KEY,
      ca: `a comment\n${CERT}`,
    });
  });

  it.each(['cert', 'key', 'ca'] as const)('refuses a file for %s that is missing, a folder, or no PEM', (which) => {
    const good = { cert: fileOf(CERT, 'cert.pem'), key: fileOf(KEY, 'key.pem'), ca: fileOf(CERT, 'ca.pem') };
    const reading = (path: string) => () => readTlsMaterial({ ...good, [which]: path }, IN_2021);
    expect(reading(join(folder, 'none'))).toThrow(refusal('none', 'no such file'));
    expect(reading(folder)).toThrow(refusal('', 'EISDIR'));
    for (const content of ['', 'text', '\0\x01\x02']) {
      expect(reading(fileOf(content, 'bad'))).toThrow(refusal('bad', 'it holds no .* in PEM'));
    }
  });

  it('refuses a key in place of the certificate, and a certificate in place of the key', () => {
    expect(() => read({ cert: KEY })).toThrow(refusal('cert.pem', 'it holds no certificate in PEM'));
    expect(() => read({ key: CERT })).toThrow(refusal('key.pem', 'it holds no private key in PEM'));
  });

  it('refuses what is damaged', () => {
    expect(() => read({ cert: damaged(CERT) })).toThrow(refusal('cert.pem', 'damaged'));
    expect(() => read({ cert: CERT + damaged(CERT) })).toThrow(refusal('cert.pem', 'damaged'));
    expect(() => read({ key: damaged(KEY) })).toThrow(refusal('key.pem', 'damaged'));
    expect(() => read({ ca: damaged(CERT) })).toThrow(refusal('ca.pem', 'damaged'));
  });

  it('refuses the key of another certificate', () => {
    for (const pair of [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ed25519')]) {
      const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
      expect(() => read({ key: String(key) })).toThrow(
        refusal('key.pem', 'not the key of the certificate in .*cert.pem'),
      );
    }
  });

  it('refuses an encrypted key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const lock = { format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const;
    for (const type of ['pkcs8', 'sec1'] as const) {
      const key = String(privateKey.export({ ...lock, type }));
      expect(() => read({ key })).toThrow(refusal('key.pem', 'encrypted'));
    }
  });

  it('refuses a certificate or an authority of another time', () => {
    const early = Date.parse('2019-12-31');
    const late = Date.parse('2120-01-02');
    expect(() => read({}, early)).toThrow(refusal('cert.pem', 'not valid before Jan +1 00:00:00 2020 GMT'));
    expect(() => read({}, late)).toThrow(refusal('cert.pem', 'expired on Jan +1 00:00:00 2120 GMT'));
  });

  it('takes a bundle in which one authority is valid', () => {
    expect(() => read({ ca: LATER_AUTHORITY })).toThrow(refusal('ca.pem', 'not valid before Jan +1 00:00:00 2030 GMT'));
    expect(read({ ca: LATER_AUTHORITY + CERT }).ca).toBe(LATER_AUTHORITY + CERT);
    const in2040 = Date.parse('2040-01-01');
    expect(() => read({ ca: LATER_AUTHORITY }, in2040)).toThrow(
      refusal('ca.pem', 'expired on Jan +1 00:00:00 2031 GMT'),
    );
  });

  it('never quotes a key', () => {
    const secret = KEY.split('\n')[1] ?? '';
    expect(() => read({ key: KEY.replace('PRIVATE', 'PUBLIC') })).not.toThrow(secret);
  });
});

/** The first bytes of it are others. */
function damaged(pem: string): string {
  return pem.replace(/\nMI../, '\nAAAA');
}

/** It signed itself; valid from 2020 to 2119; made for this test. */
const CERT = `-----BEGIN CERTIFICATE-----
MIIBXzCCAQSgAwIBAgIUccKtnMk/r3MheR9Q3H9I7WMO1+4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
MDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR+sZOucD6iyz3cRfAVw3wji0b2W1dAsARnAnaBFs7CyXrvzgXMswXb
HplF8Dal6fqu+JnxkN/Ccy4gF2ORojaNozIwMDAPBgNVHRMBAf8EBTADAQH/MB0G
A1UdDgQWBBSqrsczxEBOY0OKNE6Iy9E/q+lnDTAKBggqhkjOPQQDAgNJADBGAiEA
pVOkUknVQJHbx6oSpo/Xsx+CikOeFRRHu3uBBQckD/8CIQCKGO0GcEnLY3UFlzJt
PQvbInTHkpg7cxKtxcIFc47XWQ==
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpKP4RmOhJtNUzg8u
1mB1f6Bks2n1AaBRcpfq/vr/URahRANCAAR+sZOucD6iyz3cRfAVw3wji0b2W1dA
sARnAnaBFs7CyXrvzgXMswXbHplF8Dal6fqu+JnxkN/Ccy4gF2ORojaN
-----END PRIVATE KEY-----
`;
/** Valid in 2030. */
const LATER_AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ6gAwIBAgIUHOM36H1GouYDfnCAZTYEHkfi80cwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPbGF0ZXIgYXV0aG9yaXR5MB4XDTMwMDEwMTAwMDAwMFoXDTMx
MDEwMTAwMDAwMFowGjEYMBYGA1UEAwwPbGF0ZXIgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEy4xfhoV3xohY/u1DZ9mur91rS5oLT2ofi70SpfFb
2lIN5we/kLiXK5+OVmUOduiqO/rb12kD87Psi1pZ8VWHK6MyMDAwDwYDVR0TAQH/
BAUwAwEB/zAdBgNVHQ4EFgQU/6X/8YIeOfDINxTgvJmRbycOsu0wCgYIKoZIzj0E
AwIDRwAwRAIgR47VYsmaH63CB6DwpwF3JoOqDwCsJ457g6WCRc6Qde4CIEEKL0Qf
wMSUJgpAs8S5bDTb/LE6fbxurTz9Ew7uoKZG
-----END CERTIFICATE-----
`;
