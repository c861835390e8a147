import { GodwitError } from '@godwit/errors';
import type { Export, Exports } from '../../export.js';

/** An export that nobody opens. */
export function exportOf(name: string, more: Partial<Export> = {}): Export {
  return {
    name,
    description: '',
    size: 0x123456789a,
    readOnly: false,
    contexts: ['base:allocation', 'qemu:dirty-bitmap:godwit'],
    open() {
      throw new Error('the negotiation opens no export');
    },
    ...more,
  };
}

/** A set of exports, and `gone`, which moved. */
export function exportsOf(...all: Export[]): Exports {
  return {
    list: () => all,
    async find(name) {
      if (name === 'gone') throw new GodwitError('E_MOVED', { name, location: 'elsewhere' });
      return name === '' && all.length === 1 ? all[0] : all.find((one) => one.name === name);
    },
  };
}
