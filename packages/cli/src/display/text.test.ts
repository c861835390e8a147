import { describe, expect, it } from 'vitest';
import { columnsOf, fit, joinFitting, oneLine } from './text.js';

describe('text on a terminal', () => {
  it('counts two columns for wide characters', () => {
    expect(columnsOf('vm0')).toBe(3);
    expect(columnsOf('仮想')).toBe(4);
  });

  it('cuts with three dots and never beyond the width', () => {
    expect(fit('abcdef', 6)).toBe('abcdef');
    expect(fit('abcdefg', 6)).toBe('abc...');
    expect(fit('仮想機械', 6)).toBe('仮...');
    expect(fit('abc', 2)).toBe('..');
    expect(fit('abc', 0)).toBe('');
  });

  it('takes the escape out of what others say', () => {
    expect(oneLine('a\u001b[2Jb\r\nc\u009bd\n')).toBe('a [2Jb c d');
  });

  it('drops parts from the end', () => {
    expect(joinFitting(['one', '', 'two', 'three'], 9)).toBe('one  two');
  });
});
