import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { GodwitError } from '@godwit/errors';

/** What an agent proves itself with to other agents, and whom it believes. PEM, as texts: they travel to threads. */
export interface PeerTls {
  /** The certificate, intermediate ones behind it. */
  readonly cert: string;
  readonly key: string;
  /** One of these must have signed the peer's. */
  readonly ca: string;
  /** Names of which the peer's certificate must bear one; none: a destination takes any, a source the host that it dialled. */
  readonly allowPeers: readonly string[];
}

/** Who is at the other end of a connection, and what it was proven with: that of its migration, whatever is renewed later. */
export interface Secured {
  readonly tls: PeerTls;
  /** SHA-256 of the peer's certificate. */
  readonly fingerprint: string;
}

/**
 * Version 1.3 and nothing else; no session is resumed, so every connection shows its certificate. AES with 128 bits first:
 * it is as far out of reach as 256, and cheaper where the processor knows AES.
 */
export const PEER_TLS_RULES = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
} as const;

const UNSIGNED = 'no authority of --tls-ca signed its certificate';
const WRONG_USE = 'its certificate is not made for this side of a connection (extended key usage)';
/** OpenSSL's verdicts (x509_vfy.h) in words. */
const VERDICTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNSIGNED,
  INVALID_PURPOSE: WRONG_USE,
  SELF_SIGNED_CERT_IN_CHAIN: UNSIGNED,
  UNABLE_TO_GET_ISSUER_CERT: UNSIGNED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNSIGNED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNSIGNED,
  'unsupported certificate purpose': WRONG_USE,
};

/**
 * Judges the certificate of a peer after the handshake: both ends do so here, and not in OpenSSL, so that the refusal goes
 * to the other end in words.
 *
 * @param peer what to call it
 * @param names of which it must bear one; any will do where there are none
 * @returns the fingerprint
 * @throws GodwitError E_TLS, E_PEER_NAME
 */
export function provenPeer(socket: TLSSocket, peer: string, names: readonly string[]): string {
  const certificate = socket.getPeerX509Certificate();
  // OpenSSL takes a session that was resumed for proven, whatever it was before.
  if (certificate === undefined || socket.isSessionReused()) {
    throw new GodwitError('E_TLS', { peer, problem: 'it showed no certificate' });
  }
  if (!socket.authorized) {
    const verdict = String(socket.authorizationError);
    throw new GodwitError('E_TLS', { peer, problem: VERDICTS[verdict] ?? verdict });
  }
  if (names.length > 0 && !names.some((name) => bearsName(certificate, name))) {
    throw new GodwitError('E_PEER_NAME', {
      peer,
      names: namesOf(certificate).join(', ') || 'no name',
      expected: names.join(' or '),
    });
  }
  return certificate.fingerprint256;
}

/** Names of hosts and addresses by the rules of RFC 9525; where the certificate has no alternative names, the common name too. */
function bearsName(certificate: X509Certificate, name: string): boolean {
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  if (certificate.checkHost(name) !== undefined) return true;
  return certificate.subjectAltName === undefined && commonNameOf(certificate) === name;
}

/** As people read them: `a.example`, `10.0.0.1`. */
function namesOf(certificate: X509Certificate): string[] {
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  if (alternatives.length > 0) return alternatives.map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const common = commonNameOf(certificate);
  return common === undefined ? [] : [common];
}

function commonNameOf({ subject }: X509Certificate): string | undefined {
  return /^CN=(.*)$/m.exec(subject)?.[1];
}

/** What a handshake ended with, in a few words: OpenSSL's reason without the names of its functions and files. */
export function handshakeProblem(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return REASONS[reason] ?? reason;
}

const REASONS: Readonly<Record<string, string>> = {
  'wrong version number': 'the other side does not speak TLS',
  'unsupported protocol': 'the other side does not speak TLS 1.3',
  'tlsv1 alert protocol version': 'the other side does not speak TLS 1.3',
  'TLS handshake timeout': 'the handshake did not end in time',
};
