import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

function capture(level: string) {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(line) });
  return { logger, lines };
}

describe('createLogger', () => {
  it('writes one JSON line with a readable time and no secrets', () => {
    const { logger, lines } = capture('info');
    const token = 'very-secret-token';
    logger.info(
      { token, options: { token, name: 'vm' }, req: { headers: { authorization: `Bearer ${token}` } } },
      'started',
    );
    expect(lines.join('')).not.toContain(token);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'started', options: { name: 'vm', token: '[redacted]' } });
    expect(lines[0]).toMatch(/"time":"\d{4}-\d\d-\d\dT/);
  });

  it('keeps to its level', () => {
    const { logger, lines } = capture('warn');
    logger.info('no');
    logger.warn('yes');
    expect(lines.length).toBe(1);
  });

  it('refuses a level that does not exist', () => {
    expect(() => capture('loud')).toThrow(expect.objectContaining({ code: 'E_BAD_VALUE' }));
  });
});
