// npm run check: everything a machine can judge. Every step runs, also after one failed; exit 1 at the
// end when any did. `--no-tests` leaves the tests out; step names as arguments run those alone.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = (name) => join(root, 'node_modules/.bin', name);
const script = (name, ...args) => [process.execPath, join(root, 'scripts', name), ...args];

/** A quiet step's output is shown only when it fails. */
const STEPS = [
  { name: 'types', command: [tool('tsc'), '-b'] },
  { name: 'lint', command: [tool('oxlint'), '--type-aware', '--deny-warnings', '--report-unused-disable-directives'] },
  { name: 'style', command: [tool('biome'), 'lint', '--error-on-warnings', '--max-diagnostics=100', '.'] },
  {
    name: 'format',
    command: [tool('biome'), 'check', '--linter-enabled=false', '--max-diagnostics=40', '.'],
    advice: 'npm run format puts it right',
  },
  { name: 'generated', command: script('generate-protocol.mjs', '--check') },
  { name: 'dead-code', command: [tool('knip'), '--no-progress', '--no-config-hints'] },
  { name: 'tidy', command: script('tidy.mjs') },
  { name: 'tests', command: [tool('vitest'), 'run'], loud: true },
];

function selectSteps(args) {
  const names = args.filter((argument) => !argument.startsWith('--'));
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`no such step: ${unknown.join(', ')}; there are ${STEPS.map((step) => step.name).join(', ')}`);
    process.exit(2);
  }
  return STEPS.filter((step) =>
    names.length > 0 ? names.includes(step.name) : step.name !== 'tests' || !args.includes('--no-tests'),
  );
}

/** Runs one step; answers whether it passed and how long it took. */
function runStep({ name, command: [program, ...args], advice, loud = false }) {
  const started = performance.now();
  const result = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', loud ? 'inherit' : 'pipe', loud ? 'inherit' : 'pipe'],
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const passed = result.status === 0;
  if (!passed && !loud) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd());
  if (result.error) console.log(`cannot run ${program}: ${result.error.message}`);
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${seconds.padStart(6)} s`);
  if (!passed && advice !== undefined) console.log(`        ${advice}`);
  return { name, passed };
}

const results = selectSteps(process.argv.slice(2)).map(runStep);
const failed = results.filter((result) => !result.passed).map((result) => result.name);
console.log(
  failed.length === 0
    ? `check: all ${results.length} steps passed`
    : `check: ${failed.length} of ${results.length} steps failed: ${failed.join(', ')}`,
);
process.exit(failed.length === 0 ? 0 : 1);
