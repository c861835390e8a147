import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { ImageSpec, Logger, OwnerRecord, OwnershipStore } from '@godwit/agent';
import { problemOf } from '@godwit/errors';
import { identityOf } from '@godwit/image';
import type { SourceImages } from '@godwit/source-agent';

export interface OwnedParts {
  readonly images: Pick<SourceImages, 'openOwn' | 'isOpen'>;
  readonly ownership: Pick<OwnershipStore, 'get' | 'all'>;
  /** Where images arrive; without links. */
  readonly dir: string;
  readonly logger: Logger;
}

/**
 * Opens what an agent with both roles has at its start: the images of the command line, those that arrived in `dir` and are owned
 * here, and those that are sealed, wherever they are, to ask who owns them.
 *
 * The command line stays what it was while images leave, come back to `dir` and leave again, so a record goes before it. What
 * arrived and cannot be opened is said in the log; it is no reason to hold back the rest.
 *
 * @throws GodwitError when an image of the command line cannot be opened
 */
export async function openOwned({ images, ownership, dir, logger }: OwnedParts, specs: readonly ImageSpec[]) {
  for (const spec of specs) {
    const record = ownership.get(spec.name);
    if (record === undefined || isNamedBy(record, spec.path)) await images.openOwn(spec);
    else {
      const { name, path, role } = record;
      logger.warn({ image: name, given: spec.path, recorded: path, role }, 'not opened: its record is of another file');
    }
  }
  for (const record of ownership.all()) {
    const { name, path, kind, blockBytes, role } = record;
    const isWanted = role === 'sealed' || (role === 'owner' && isBelow(dir, path));
    if (!isWanted || images.isOpen(name)) continue;
    try {
      await images.openOwn({ name, path, kind, blockBytes }, { followsLinks: false });
    } catch (error) {
      logger.error({ image: name, reason: problemOf(error) }, 'an image that is owned here cannot be served');
    }
  }
}

/** Whether the file at `path` is what the record is about, or may take its place, or is to be refused aloud. */
function isNamedBy({ role, path: recorded, file, location }: OwnerRecord, path: string): boolean {
  if (role === 'incoming' || role === 'prepared') return false;
  if (role === 'aborted') return location === '';
  // Moved by an operator.
  if (role === 'owner' && !existsSync(recorded)) return true;
  const given = resolve(path);
  if (recorded === given) return true;
  try {
    return recorded === realpathSync(given) || file === identityOf(statSync(given, { bigint: true }));
  } catch {
    return false;
  }
}

function isBelow(dir: string, path: string): boolean {
  try {
    return `${realpathSync(dirname(path))}${sep}`.startsWith(`${dir}${sep}`);
  } catch {
    // A folder that is gone.
    return false;
  }
}
