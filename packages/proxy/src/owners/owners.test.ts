import { describe, expect, it } from 'vitest';
import { Owners } from './owners.js';

const A = { host: 'a', port: 1 };
const B = { host: 'b', port: 1 };
const C = { path: '/c' };

function owners() {
  const said: unknown[] = [];
  const say = (about: object, message: string) => void said.push([message, about]);
  return { said, all: new Owners([A, B, C], { info: say, warn: say }) };
}

describe('Owners', () => {
  it('asks in the order given, then whom it found first', () => {
    const { all } = owners();
    expect(all.order('vm0')).toEqual([A, B, C]);
    all.serves('vm0', C);
    expect(all.order('vm0')).toEqual([C, A, B]);
    expect(all.order('vm1')).toEqual([A, B, C]);
  });

  it('asks last who sent it away, until it serves again', () => {
    const { all } = owners();
    all.serves('vm0', A);
    all.left('vm0', A);
    expect(all.order('vm0')).toEqual([B, C, A]);
    all.serves('vm0', A);
    expect(all.order('vm0')).toEqual([A, B, C]);
  });

  it('is not led astray by a connection that learns late that the former owner left', () => {
    const { all } = owners();
    all.serves('vm0', A);
    all.serves('vm0', B);
    all.left('vm0', A);
    expect(all.order('vm0')).toEqual([B, A, C]);
  });

  it('says each change once, however many connections see it', () => {
    const { all, said } = owners();
    all.serves('vm0', A);
    all.serves('vm0', A);
    all.left('vm0', A);
    all.serves('vm0', B);
    all.serves('vm0', B);
    expect(said).toEqual([
      ['the owner was found', { export: 'vm0', owner: 'a:1' }],
      ['the owner changed', { export: 'vm0', owner: 'b:1', before: 'a:1' }],
    ]);
  });

  it('says once that nobody serves an export, and that it is served again', () => {
    const { all, said } = owners();
    all.serves('vm0', A);
    all.missing('vm0');
    all.missing('vm0');
    all.serves('vm0', A);
    all.serves('vm0', A);
    expect(said.slice(1)).toEqual([
      ['no address serves the export; its requests are held', { export: 'vm0' }],
      ['the owner is back', { export: 'vm0', owner: 'a:1' }],
    ]);
  });
});
