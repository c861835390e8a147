/** Where the value of each option came from: flag over variable over file over default. */
import type { Command } from 'commander';
import { type ConfigValues, readConfigFile } from './configFile.js';
import { asText, commanderOption, type FoundText, type OptionDefinition, optionalOption } from './option.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Definitions = readonly OptionDefinition<unknown>[];

const LIST_SEPARATOR = ';';

/** `--config FILE`; every command that reads options has it. */
const CONFIG_OPTION = optionalOption({
  flag: '--config',
  placeholder: 'FILE',
  help: 'JSON file with any of these options, keys in camel case',
  parse: asText,
});

/** Gives `command` the options, and `--config`. */
export function addOptions(command: Command, definitions: Definitions): Command {
  for (const definition of [...definitions, CONFIG_OPTION]) command.addOption(commanderOption(definition));
  return command;
}

export class OptionValues {
  readonly #flags: Readonly<Record<string, unknown>>;
  readonly #environment: Environment;
  readonly #file: ConfigValues;

  /**
   * @param flags what commander collected (`command.opts()`)
   * @throws GodwitError E_CONFIG
   */
  constructor(
    definitions: Definitions,
    flags: Readonly<Record<string, unknown>>,
    environment: Environment = process.env,
  ) {
    this.#flags = flags;
    this.#environment = environment;
    this.#file = new Map();
    const path = this.get(CONFIG_OPTION);
    if (path !== undefined) this.#file = readConfigFile(path, definitions);
  }

  /** @throws GodwitError E_BAD_VALUE, naming the flag, variable or file that holds the value */
  get<T>(definition: OptionDefinition<T>): T {
    return definition.read(this.#find(definition));
  }

  #find(definition: OptionDefinition<unknown>): readonly FoundText[] {
    const flag = flagTexts(this.#flags[definition.key]);
    if (flag.length > 0) return flag.map((text) => ({ text, name: definition.flag }));
    const variable = this.#environment[definition.variable];
    if (variable !== undefined && variable !== '') {
      const texts = definition.repeatable ? variable.split(LIST_SEPARATOR).filter((text) => text !== '') : [variable];
      return texts.map((text) => ({ text, name: definition.variable }));
    }
    return this.#file.get(definition.key) ?? [];
  }
}

/** Commander gives a text, a list of texts, `true` for a switch, or nothing. */
function flagTexts(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'string') return [value];
  return value === true ? ['true'] : [];
}
