import type { ListedExport } from '../export.js';
import { ClientHandshake, type DescribedExport, type ReachOptions } from './handshake.js';
import type { NbdAddress } from './uri.js';

/** An export as INFO and LIST_META_CONTEXT describe it. */
export interface ProbedExport extends DescribedExport {
  readonly contexts: readonly string[];
}

/**
 * Asks a server for an export without opening it. An empty name is the server's default; the answer has its name.
 *
 * @throws GodwitError E_NBD_REFUSED, E_UNREACHABLE
 */
export function probeExport(address: NbdAddress, name: string, options: ReachOptions): Promise<ProbedExport> {
  return withHandshake(address, options, async (handshake) => {
    const structured = await handshake.structuredReplies();
    const described = await handshake.info(name);
    const contexts = structured ? await handshake.listContexts(name) : [];
    return { ...described, contexts: contexts.map((context) => context.name) };
  });
}

/**
 * What a server lists.
 *
 * @throws GodwitError E_NBD_REFUSED, E_UNREACHABLE
 */
export function listExports(address: NbdAddress, options: ReachOptions): Promise<readonly ListedExport[]> {
  return withHandshake(address, options, (handshake) => handshake.list());
}

async function withHandshake<T>(
  address: NbdAddress,
  options: ReachOptions,
  ask: (handshake: ClientHandshake) => Promise<T>,
): Promise<T> {
  const handshake = await ClientHandshake.open(address, options);
  try {
    return await ask(handshake);
  } finally {
    handshake.abort();
  }
}
