import { GodwitError } from '@godwit/errors';
import { checkBlockBytes } from '../images/blockBytes.js';
import { checkImageName } from '../images/imageName.js';
import type { ImageSpec } from '../images/imageStore.js';
import { parseSize } from '../units/size.js';
import { oneOf } from './option.js';

const EXPECTED = 'NAME=PATH[,kind=disk|memory][,block=64K]';
const SETTING = /,(kind|block)=([^,]*)$/;

/**
 * Reads `vm=/var/lib/vm.img,kind=disk,block=64K`. Settings are taken from the end, so a path may hold
 * commas and equals signs.
 *
 * @throws GodwitError E_BAD_VALUE, E_BAD_NAME
 */
export function parseImageSpec(text: string, name = '--image'): ImageSpec {
  const { rest, settings } = takeSettings(text);
  const equals = rest.indexOf('=');
  const path = rest.slice(equals + 1);
  if (equals < 1 || path === '') throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: EXPECTED });
  const spec: ImageSpec = { name: rest.slice(0, equals), path, kind: 'disk' };
  checkImageName(spec.name);
  const kind = settings.get('kind');
  if (kind !== undefined) spec.kind = oneOf('disk', 'memory')(kind, `kind in ${name}`);
  const block = settings.get('block');
  if (block !== undefined) {
    spec.blockBytes = parseSize(block, `block in ${name}`);
    checkBlockBytes(spec.blockBytes, `block in ${name}`);
  }
  return spec;
}

function takeSettings(text: string): { rest: string; settings: Map<string, string> } {
  const settings = new Map<string, string>();
  let rest = text;
  for (let found = SETTING.exec(rest); found !== null; found = SETTING.exec(rest)) {
    const [matched, key = '', value = ''] = found;
    if (!settings.has(key)) settings.set(key, value);
    rest = rest.slice(0, -matched.length);
  }
  return { rest, settings };
}
