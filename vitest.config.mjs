import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
// Packages find TypeBox in a bundle that the compiler does not make.
import './scripts/bundle.mjs';
import { removeStaleOutput } from './scripts/staleOutput.mjs';

// Tests run as compiled; one whose source is gone must not go on passing.
removeStaleOutput();

/** Of the integration tests those that measure nothing. */
const UNTIMED = [
  'badRequests',
  'badStart',
  'cold',
  'concurrent',
  'events',
  'hostAgent',
  'hostAgentKilled',
  'hostAgentStart',
  'intercept',
  'nbd',
  'prepared',
  'sealed',
  'severalImages',
  'shutdown',
  'tls',
  'verification',
  'versions',
  'wireDamage',
].map((name) => `test/dist/integration/${name}.test.js`);

const testsOf = (folders) => folders.map((folder) => `test/dist/${folder}/**/*.test.js`);

/** These start daemons, network namespaces or virtual machines, measure, and want the processors for themselves. */
const SYSTEM_TESTS = testsOf(['integration', 'hosts', 'e2e', 'docker']);
/** These start daemons too, and mostly wait for them: two files at a time. */
const SHARED_TESTS = [...testsOf(['interop', 'chaos']), ...UNTIMED];

/** Minutes each: one that began last would run on alone. */
const LONG = ['chaos/kills', 'chaos/pingPong', 'chaos/storageFaults', 'integration/tls'];

class LongestFirst extends BaseSequencer {
  async sort(files) {
    const place = ({ moduleId }) => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.js`));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/dist/**/*.test.js', 'test/dist/**/*.test.js'],
          exclude: ['**/node_modules/**', ...SYSTEM_TESTS, ...SHARED_TESTS],
          pool: 'forks',
          // Unless told, one processor is left idle: half of them where there are two.
          maxWorkers: '100%',
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'system',
          include: SYSTEM_TESTS,
          exclude: ['**/node_modules/**', ...UNTIMED],
          pool: 'forks',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'shared',
          // What an agent does at its start to be fast later is taken from the file beside.
          env: { GODWIT_NO_REHEARSAL: '1' },
          include: SHARED_TESTS,
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
