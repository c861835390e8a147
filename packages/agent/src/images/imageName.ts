import { GodwitError } from '@godwit/errors';

const IMAGE_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Refuses what is no image name. Names become file names at the destination (`DIR/NAME.img`), so a slash
 * or a dot in one must never get past here.
 *
 * @throws GodwitError E_BAD_NAME
 */
export function checkImageName(name: string): void {
  if (!IMAGE_NAME.test(name)) throw new GodwitError('E_BAD_NAME', { name });
}
