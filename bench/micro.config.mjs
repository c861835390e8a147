import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Apart from the tests' configuration: what is timed is no test, and runs one after the other. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    benchmark: { include: ['test/dist/bench/micro/*.bench.js'] },
    fileParallelism: false,
  },
});
