import * as agent from '@godwit/agent';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatMbps, formatPercent } from './quantities.js';

describe('quantities', () => {
  it('reads as the agents write them', () => {
    for (const value of [0, 1, 512, 1000, 1023, 1024, 1536, 102_400, 1_048_575, 7e7, 1e9, 2 ** 40, 5e13, 2 ** 53 - 1]) {
      expect(formatBytes(value)).toBe(agent.formatBytes(value));
      expect(formatDuration(value)).toBe(agent.formatDuration(value));
    }
    for (const mbps of [0, 0.0005, 0.9, 1, 1.5, 999, 1000, 1250, 12_345.6]) {
      expect(formatMbps(mbps)).toBe(agent.formatRate((mbps * 1e6) / 8));
    }
  });

  it('shows 100% for nothing less', () => {
    expect([0, 42.34, 99.96, 100, 101, -1].map(formatPercent)).toEqual([
      '0.0%',
      '42.3%',
      '99.9%',
      '100%',
      '100%',
      '0.0%',
    ]);
  });
});
