import { type TSchema, Value } from '@godwit/schema';
import { EXPECTED, ManifestSchema, NetdevSchemas } from './manifestSchema.js';
import { type ManifestProblem, shown } from './problem.js';

/** What is wrong with the form of a document: fields that are missing, unknown or of another kind. */
export function formProblems(value: unknown): ManifestProblem[] {
  const problems = problemsOf(ManifestSchema, value, '');
  if (problems.length > 0 || !Value.Check(ManifestSchema, value)) return problems;
  return (value.nics ?? []).flatMap(({ netdev }, index) =>
    problemsOf(NetdevSchemas[netdev.type], netdev, `/nics/${index}/netdev`),
  );
}

function problemsOf(schema: TSchema, value: unknown, at: string): ManifestProblem[] {
  const problems = new Map<string, ManifestProblem>();
  const note = (pointer: string, problem: string, expected: string) => {
    const path = pathOf(pointer);
    if (!problems.has(path)) problems.set(path, { path, problem, expected });
  };
  for (const error of Value.Errors(schema, value)) {
    const pointer = at + error.instancePath;
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) {
        note(`${pointer}/${name}`, 'it is missing', expectedOf(name, 'a value'));
      }
    } else if (error.keyword === 'boolean') note(pointer, 'there is no such field', 'nothing there');
    else if (error.keyword !== 'additionalProperties') {
      const name = pointer.split('/').at(-1) ?? '';
      const found = shown(Value.Pointer.Get(value, error.instancePath));
      note(pointer, `it is ${found}`, expectedOf(name, error.message.replace(/^must (?:be|have|not have) /, '')));
    }
  }
  return [...problems.values()];
}

function expectedOf(name: string, otherwise: string): string {
  return (Object.hasOwn(EXPECTED, name) ? EXPECTED[name] : undefined) ?? otherwise;
}

/** `/disks/0/name` as `disks[0].name`. */
function pathOf(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  return parts.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('');
}
