import { GodwitError } from '@godwit/errors';

/** One thing that is wrong with a manifest. */
export interface ManifestProblem {
  /** Where in the document, such as `disks[0].name`; empty for the document itself. */
  readonly path: string;
  readonly problem: string;
  readonly expected: string;
}

/** The first problem is the message; all of them are its detail, a line each. */
export function manifestError(problems: readonly [ManifestProblem, ...ManifestProblem[]]): GodwitError {
  const [first] = problems.map(({ path, ...rest }) => ({ path: path === '' ? 'vm.json' : path, ...rest }));
  const lines = problems.map(({ path, problem, expected }) => `${path || 'vm.json'}: ${problem}; expected ${expected}`);
  return new GodwitError('E_MANIFEST', { ...first }, { detail: lines.join('\n') });
}

/** A value, for one line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  try {
    const text = JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 60)}...` : text;
  } catch {
    return 'nested too deep';
  }
}
