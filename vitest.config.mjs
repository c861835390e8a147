import { defineConfig } from 'vitest/config';
import { removeStaleOutput } from './scripts/staleOutput.mjs';

// Tests run as compiled; one whose source is gone must not go on passing.
removeStaleOutput();

/** These start daemons, network namespaces or virtual machines, and want the processors for themselves. */
const SYSTEM_TESTS = ['integration', 'hosts', 'interop', 'chaos', 'e2e', 'docker'].map(
  (folder) => `test/dist/${folder}/**/*.test.js`,
);

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/dist/**/*.test.js', 'test/dist/**/*.test.js'],
          exclude: ['**/node_modules/**', ...SYSTEM_TESTS],
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'system',
          include: SYSTEM_TESTS,
          pool: 'forks',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
