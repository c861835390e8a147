import { GodwitError } from '@godwit/errors';

/** A value as it was written, and where: `--lanes`, `GODWIT_LANES`, `lanes in godwit.json`. */
export interface Setting {
  readonly value: string | boolean;
  readonly origin: string;
}

/** The settings of one call, read and checked one by one; each reader throws E_BAD_VALUE with the origin. */
export class Settings {
  readonly #settings: ReadonlyMap<string, Setting>;

  constructor(settings: ReadonlyMap<string, Setting>) {
    this.#settings = settings;
  }

  text(name: string): string | undefined {
    const setting = this.#settings.get(name);
    if (setting === undefined) return undefined;
    if (typeof setting.value === 'string') return setting.value;
    throw badValue(setting, 'a text');
  }

  /** A flag: set, not set, or in a variable or file one of 1, true, yes, on, 0, false, no, off. */
  flag(name: string, fallback = false): boolean {
    const setting = this.#settings.get(name);
    if (setting === undefined) return fallback;
    if (typeof setting.value === 'boolean') return setting.value;
    if (/^(1|true|yes|on)$/i.test(setting.value)) return true;
    if (/^(0|false|no|off)$/i.test(setting.value)) return false;
    throw badValue(setting, 'true or false');
  }

  /** What `parse` makes of the text; it is given the origin, for its own refusal. */
  parsed<T>(name: string, parse: (text: string, origin: string) => T): T | undefined {
    const setting = this.#settings.get(name);
    return setting === undefined ? undefined : parse(String(setting.value), setting.origin);
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    return this.parsed(name, (text, origin) => {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (number >= minimum && number <= maximum) return number;
      throw badValue({ value: text, origin }, `a whole number from ${minimum} to ${maximum}`);
    });
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    return this.parsed(name, (text, origin) => {
      const choice = choices.find((candidate) => candidate === text);
      if (choice !== undefined) return choice;
      throw badValue({ value: text, origin }, choices.join(' or '));
    });
  }
}

function badValue(setting: Setting, expected: string): GodwitError {
  return new GodwitError('E_BAD_VALUE', { name: setting.origin, value: String(setting.value), expected });
}
