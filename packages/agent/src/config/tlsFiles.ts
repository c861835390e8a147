/** Reads what TLS is made of, and says at the start what a handshake would only say as "bad certificate". */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { secureContextOf, type TlsMaterial } from '@godwit/nbd';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * The contents of the files: a certificate that is valid now, its own key, and authorities of which one is
 * valid now.
 *
 * @param now milliseconds since 1970
 * @throws GodwitError E_TLS_FILE, which never quotes a key
 */
export function readTlsMaterial(files: TlsFiles, now: number = Date.now()): TlsMaterial {
  const cert = readText(files.cert);
  const key = readText(files.key);
  const chain = certificatesIn(files.cert, cert);
  const invalid = chain
    .map((certificate) => validityProblem(certificate, now))
    .find((problem) => problem !== undefined);
  if (invalid !== undefined) throw fileError(files.cert, invalid);
  if (chain[0]?.checkPrivateKey(privateKeyIn(files.key, key)) !== true) {
    throw fileError(files.key, `it is not the key of the certificate in ${files.cert}`);
  }
  const ca = files.ca === undefined ? undefined : readAuthorities(files.ca, now);
  const material = { cert, key, ...(ca === undefined ? {} : { ca }) };
  tryOut(material, files.cert);
  return material;
}

/** A bundle may hold old authorities beside those that replace them. */
function readAuthorities(path: string, now: number): string {
  const text = readText(path);
  const problems = certificatesIn(path, text).map((certificate) => validityProblem(certificate, now));
  if (problems.every((problem) => problem !== undefined)) throw fileError(path, problems[0] ?? '');
  return text;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (thrown) {
    throw fileError(path, systemCodeOf(thrown) === 'ENOENT' ? 'no such file' : problemOf(thrown), thrown);
  }
}

/** At least one. */
function certificatesIn(path: string, text: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATE);
  if (blocks === null) throw fileError(path, 'it holds no certificate in PEM');
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (thrown) {
    throw fileError(path, 'a certificate in it is damaged', thrown);
  }
}

function privateKeyIn(path: string, text: string): KeyObject {
  if (ENCRYPTED.test(text)) throw fileError(path, 'the key is encrypted; nobody is there to type a passphrase');
  if (!PRIVATE_KEY.test(text)) throw fileError(path, 'it holds no private key in PEM');
  try {
    return createPrivateKey(text);
  } catch (thrown) {
    throw fileError(path, 'the private key in it is damaged', thrown);
  }
}

function validityProblem(certificate: X509Certificate, now: number): string | undefined {
  if (Date.parse(certificate.validTo) < now) return `the certificate expired on ${certificate.validTo}`;
  if (Date.parse(certificate.validFrom) > now) return `the certificate is not valid before ${certificate.validFrom}`;
  return undefined;
}

/** OpenSSL has rules beyond the form: keys too short, digests too weak. */
function tryOut(material: TlsMaterial, path: string): void {
  try {
    secureContextOf(material);
  } catch (thrown) {
    throw fileError(path, `it cannot be used for TLS (${problemOf(thrown)})`, thrown);
  }
}

function fileError(path: string, problem: string, cause?: unknown): GodwitError {
  return new GodwitError('E_TLS_FILE', { path, problem }, { cause });
}
