/**
 * One definition of an option serves three places: a flag, a GODWIT_* variable and a key of the JSON
 * configuration file. The daemons and the command define their options with these functions and read
 * them through `OptionValues`.
 */
import { GodwitError } from '@godwit/errors';
import { Option } from 'commander';

/** How options are named and read. `T` is what a reader of the option gets. */
export interface OptionDefinition<T> {
  /** Config key and commander attribute: `peerTimeout` for `--peer-timeout`. */
  readonly key: string;
  /** `--peer-timeout`. */
  readonly flag: string;
  /** `GODWIT_PEER_TIMEOUT`. */
  readonly variable: string;
  readonly placeholder: string | undefined;
  readonly help: string;
  readonly repeatable: boolean;
  /** The default as it would be typed. */
  readonly fallback: string | undefined;
  /** Turns the texts that were found (one, unless repeatable) into the value; none when nothing was given. */
  read(texts: readonly FoundText[]): T;
}

/** A value as typed, and what to call it in an error. */
export interface FoundText {
  readonly text: string;
  readonly name: string;
}

export type Parser<T> = (text: string, name: string) => T;

interface Description {
  readonly flag: `--${string}`;
  readonly placeholder: string;
  readonly help: string;
}

/** An option that always has a value. */
export function option<T>(about: Description & { fallback: string; parse: Parser<T> }): OptionDefinition<T> {
  const { fallback, parse } = about;
  return {
    ...names(about),
    fallback,
    repeatable: false,
    read: (texts) => {
      const { text, name } = texts[0] ?? { text: fallback, name: about.flag };
      return parse(text, name);
    },
  };
}

/** An option that may be absent. */
export function optionalOption<T>(about: Description & { parse: Parser<T> }): OptionDefinition<T | undefined> {
  return {
    ...names(about),
    fallback: undefined,
    repeatable: false,
    read: ([found]) => (found === undefined ? undefined : about.parse(found.text, found.name)),
  };
}

/** An option that must be given. */
export function requiredOption<T>(about: Description & { parse: Parser<T> }): OptionDefinition<T> {
  return {
    ...names(about),
    fallback: undefined,
    repeatable: false,
    read: ([found]) => {
      if (found === undefined)
        throw new GodwitError('E_USAGE', { problem: `${about.flag} ${about.placeholder} is needed` });
      return about.parse(found.text, found.name);
    },
  };
}

/** An option that may be repeated: a list in the file, values separated by `;` in the variable. */
export function listOption<T>(about: Description & { parse: Parser<T> }): OptionDefinition<T[]> {
  return {
    ...names(about),
    fallback: undefined,
    repeatable: true,
    read: (texts) => texts.map(({ text, name }) => about.parse(text, name)),
  };
}

/** An option without a value: `--json`, `GODWIT_JSON=true`, `"json": true`. */
export function switchOption(about: Omit<Description, 'placeholder'>): OptionDefinition<boolean> {
  return {
    ...names({ ...about, placeholder: undefined }),
    fallback: undefined,
    repeatable: false,
    read: ([found]) => found !== undefined && parseSwitch(found.text, found.name),
  };
}

/** A text that is taken as it stands. */
export const asText: Parser<string> = (text) => text;

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Parser<T> {
  return (text, name) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: words.join(' or ') });
    return word;
  };
}

/** A whole number of at least `minimum`. */
export function wholeNumber(minimum: number): Parser<number> {
  return (text, name) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum)) {
      throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: `a whole number, ${minimum} or more` });
    }
    return value;
  };
}

/** The option as commander knows it; it collects texts, `read` judges them. */
export function commanderOption(definition: OptionDefinition<unknown>): Option {
  const { flag, placeholder, fallback, help } = definition;
  const shown = fallback === undefined ? help : `${help} (default: ${fallback})`;
  const made = new Option(placeholder === undefined ? flag : `${flag} <${placeholder}>`, shown);
  if (!definition.repeatable) return made;
  return made.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
}

function names<P extends string | undefined>(about: { flag: `--${string}`; placeholder: P; help: string }) {
  const words = about.flag.slice(2).split('-');
  const [first = '', ...rest] = words;
  return {
    flag: about.flag,
    placeholder: about.placeholder,
    help: about.help,
    key: first + rest.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join(''),
    variable: `GODWIT_${words.join('_').toUpperCase()}`,
  };
}

function parseSwitch(text: string, name: string): boolean {
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off', ''].includes(text)) return false;
  throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: 'true or false' });
}
