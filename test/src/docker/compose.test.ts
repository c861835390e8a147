import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BASE = process.env['GODWIT_BASE'] ?? 'node:24-bookworm-slim';
/** A name of its own, so that a demonstration that somebody left running is not touched. */
const PROJECT = `godwit-test-${process.pid}`;
/** Building the image downloads the dependencies; the migration itself takes some 10 s. */
const BUILD_LIMIT_MS = 600_000;
const RUN_LIMIT_MS = 180_000;

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function run(command: readonly string[], limitMs: number): Outcome {
  const [program = '', ...args] = command;
  const result = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: limitMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: result.status, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

/** The compose command that is there: the engine's plugin, or the program of its own that came before it. */
function findCompose(): readonly string[] | undefined {
  const candidates = [['docker', 'compose'], ['docker-compose']];
  return candidates.find((command) => run([...command, 'version'], 30_000).status === 0);
}

/** Why the demonstration cannot run here; undefined when it can. No CI has an engine, so this never fails there. */
function findObstacle(): string | undefined {
  if (run(['docker', 'info'], 30_000).status !== 0) return 'no container engine answers';
  if (findCompose() === undefined) return 'neither docker compose nor docker-compose is installed';
  const hasBase = run(['docker', 'image', 'inspect', BASE], 30_000).status === 0;
  if (!hasBase && run(['docker', 'pull', BASE], BUILD_LIMIT_MS).status !== 0) return `${BASE} cannot be pulled`;
  return undefined;
}

describe('docker compose', () => {
  const up = ['up', '--abort-on-container-exit', '--exit-code-from', 'workload'];
  let compose: readonly string[] | undefined;

  afterAll(() => {
    if (compose !== undefined) run([...compose, 'down', '--volumes', '--timeout', '5'], 60_000);
  }, 90_000);

  it('shows a migration and ends with the verdict', { timeout: 2 * BUILD_LIMIT_MS + RUN_LIMIT_MS }, (context) => {
    const obstacle = findObstacle();
    // The one test that CI may skip: no engine runs there (CONTRIBUTING.md).
    if (obstacle !== undefined) context.skip(obstacle);
    compose = [...(findCompose() ?? []), '--project-name', PROJECT];
    const built = run([...compose, 'build'], BUILD_LIMIT_MS);
    expect(built.status, built.output).toBe(0);
    const shown = run([...compose, ...up], RUN_LIMIT_MS);
    expect(shown.output).toContain('VERDICT: OK');
    expect(shown.status, shown.output).toBe(0);
  });
});
