/**
 * The requests of a client as one upstream server can take them. Our server offers FLUSH, FUA, TRIM, WRITE_ZEROES, CACHE
 * and FAST_ZERO to every client; what the upstream does not offer is made of what it does.
 */
import { type BlockExtent, type ChangeFlags, type NbdClient, NbdErrno, NbdError, TransmissionFlag } from '@godwit/nbd';

/** Zeros that are written where the upstream has no WRITE_ZEROES: small enough to keep, large enough to be few. */
const ZEROS = Buffer.alloc(1024 * 1024);
const PLAIN: ChangeFlags = { fua: false, noHole: false, fastZero: false };

/** What is used of a connection to an owner. */
export type OwnerCalls = Pick<
  NbdClient,
  'flags' | 'contexts' | 'read' | 'write' | 'writeZeroes' | 'trim' | 'flush' | 'cache' | 'blockStatus'
>;

/** Writes; durable before it resolves when `flags` say so. */
export async function write(client: OwnerCalls, offset: number, data: Uint8Array, flags: ChangeFlags): Promise<void> {
  await client.write(offset, data, { ...PLAIN, fua: flags.fua && offers(client, TransmissionFlag.sendFua) });
  await flushInstead(client, flags);
}

/** @throws NbdError ENOTSUP when it has to be fast and the upstream makes no such promise */
export async function writeZeroes(
  client: OwnerCalls,
  offset: number,
  length: number,
  flags: ChangeFlags,
): Promise<void> {
  if (flags.fastZero && !offers(client, TransmissionFlag.sendFastZero)) {
    throw new NbdError(NbdErrno.ENOTSUP, 'the owner does not zero fast');
  }
  if (offers(client, TransmissionFlag.sendWriteZeroes)) {
    await client.writeZeroes(offset, length, { ...flags, fua: flags.fua && offers(client, TransmissionFlag.sendFua) });
  } else {
    for (let done = 0; done < length; done += ZEROS.length) {
      await client.write(offset + done, ZEROS.subarray(0, Math.min(ZEROS.length, length - done)));
    }
  }
  await flushInstead(client, flags);
}

/** Advice only (NBD specification, NBD_CMD_TRIM): an upstream that takes none is not asked. */
export async function trim(client: OwnerCalls, offset: number, length: number, flags: ChangeFlags): Promise<void> {
  if (offers(client, TransmissionFlag.sendTrim)) {
    await client.trim(offset, length, { ...PLAIN, fua: flags.fua && offers(client, TransmissionFlag.sendFua) });
  }
  await flushInstead(client, flags);
}

/** An upstream that offers no flush has nothing that it could lose. */
export async function flush(client: OwnerCalls): Promise<void> {
  if (offers(client, TransmissionFlag.sendFlush)) await client.flush();
}

/** Advice only. */
export async function cache(client: OwnerCalls, offset: number, length: number): Promise<void> {
  if (offers(client, TransmissionFlag.sendCache)) await client.cache(offset, length);
}

/**
 * An owner that has no base:allocation is taken to have data everywhere, which is always allowed to say.
 *
 * @throws NbdError ENOTSUP when it lacks another context, such as a dirty bitmap
 */
export async function blockStatus(
  client: OwnerCalls,
  context: string,
  offset: number,
  length: number,
): Promise<BlockExtent[]> {
  if (client.contexts.includes(context)) return client.blockStatus(context, offset, length);
  if (context === 'base:allocation') return [{ length, flags: 0 }];
  throw new NbdError(NbdErrno.ENOTSUP, `the owner has no context ${context}`);
}

/** Durability for an upstream without FUA: a flush covers what was answered before it. */
async function flushInstead(client: OwnerCalls, flags: ChangeFlags): Promise<void> {
  if (flags.fua && !offers(client, TransmissionFlag.sendFua)) await flush(client);
}

function offers(client: OwnerCalls, flag: number): boolean {
  return (client.flags & flag) !== 0;
}
