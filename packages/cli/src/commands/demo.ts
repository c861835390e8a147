import { parseSize } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { CliContext, ExitCode } from '../context.js';
import { runDemo } from '../demo/runDemo.js';
import { STRIPE_BYTES } from '../demo/writeRecord.js';
import type { Settings } from '../settings/settings.js';

const IMAGE_BYTES_DEFAULT = 1024 ** 3;
const IMAGE_BYTES_MINIMUM = 64 * 1024 ** 2;
const IMAGE_BYTES_MAXIMUM = 16 * 1024 ** 3;

/** `godwit demo`: see demo/runDemo. */
export async function demo(context: CliContext, settings: Settings): Promise<ExitCode> {
  return runDemo(context, {
    imageBytes: settings.parsed('size', readImageBytes) ?? IMAGE_BYTES_DEFAULT,
    keep: settings.flag('keep'),
  });
}

/** Whole stripes, so that writers share the image evenly. */
function readImageBytes(text: string, origin: string): number {
  const bytes = parseSize(text, origin);
  if (bytes >= IMAGE_BYTES_MINIMUM && bytes <= IMAGE_BYTES_MAXIMUM) return bytes - (bytes % STRIPE_BYTES);
  throw new GodwitError('E_BAD_VALUE', { name: origin, value: text, expected: 'a size from 64M to 16G' });
}
