import { readFileSync } from 'node:fs';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import type { Command, Option } from 'commander';
import { isRecord } from '../client/viewGuard.js';
import { type Setting, Settings } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The options of a command from all layers: flag over GODWIT_* variable over `--config` file. A setting
 * remembers where it came from, so that a refusal names the place to mend.
 *
 * Throws E_CONFIG for a file that cannot be read, is no JSON object, or holds a name that no client
 * command knows (`knownKeys`); a name that only another command knows is left alone, so that one file
 * serves all of them.
 */
export function layeredSettings(command: Command, env: Environment, knownKeys: ReadonlySet<string>): Settings {
  const settings = new Map<string, Setting>();
  const flags: Readonly<Record<string, unknown>> = command.opts();
  const fromFlagOrVariable = (option: Option): Setting | undefined => {
    const name = option.attributeName();
    const flag = flags[name];
    if (command.getOptionValueSource(name) === 'cli' && isText(flag))
      return { value: flag, origin: option.long ?? option.flags };
    const variable = variableName(option);
    const value = env[variable];
    return value === undefined || value === '' ? undefined : { value, origin: variable };
  };

  const configOption = command.options.find((option) => option.attributeName() === 'config');
  const config = configOption === undefined ? undefined : fromFlagOrVariable(configOption);
  const file = config === undefined ? {} : readConfig(String(config.value), knownKeys);
  for (const option of command.options) {
    const name = option.attributeName();
    const setting = fromFlagOrVariable(option) ?? fileSetting(file, name, String(config?.value));
    if (setting !== undefined) settings.set(name, setting);
  }
  return new Settings(settings);
}

/** `GODWIT_MAX_ROUNDS` for `--max-rounds`. */
function variableName(option: Option): string {
  return `GODWIT_${option.name().toUpperCase().replaceAll('-', '_')}`;
}

function fileSetting(file: Readonly<Record<string, unknown>>, name: string, path: string): Setting | undefined {
  const value = file[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number') return { value: String(value), origin: `${name} in ${path}` };
  if (isText(value)) return { value, origin: `${name} in ${path}` };
  throw new GodwitError('E_CONFIG', { path, problem: `"${name}" must be a string, a number, true or false` });
}

function readConfig(path: string, knownKeys: ReadonlySet<string>): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    const problem = systemCodeOf(thrown) === 'ENOENT' ? 'no such file' : problemOf(thrown);
    throw new GodwitError('E_CONFIG', { path, problem }, { cause: thrown });
  }
  if (!isRecord(content)) throw new GodwitError('E_CONFIG', { path, problem: 'expected one JSON object' });
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!knownKeys.has(name)) {
      throw new GodwitError('E_CONFIG', {
        path,
        problem: `unknown name "${key}"; known: ${[...knownKeys].sort().join(', ')}`,
      });
    }
    values[name] = value;
  }
  return values;
}

function isText(value: unknown): value is string | boolean {
  return typeof value === 'string' || typeof value === 'boolean';
}
