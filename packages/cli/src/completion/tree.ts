import type { Command, Option } from 'commander';

/** What may stand after an option or in the place of an argument. */
export type ValueKind =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'directory' | 'anything' };

/** An option as completion sees it. */
export interface OptionNode {
  /** `--lanes`, or `-h, --help` as two names. */
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined for a flag without value. */
  readonly value: ValueKind | undefined;
  readonly repeatable: boolean;
}

/** A command as completion sees it: the scripts are printed from this, never from a list kept by hand. */
export interface CommandNode {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  readonly positional: readonly ValueKind[];
  readonly children: readonly CommandNode[];
}

/** Reads the tree out of commander: subcommands, options with their choices, and which values are paths. */
export function commandTree(command: Command): CommandNode {
  const help = command.createHelp();
  const positional = command.registeredArguments.map((argument): ValueKind => {
    return argument.argChoices === undefined
      ? kindOf(argument.name())
      : { kind: 'choices', choices: argument.argChoices };
  });
  return {
    name: command.name(),
    description: firstLine(command.summary() || command.description()),
    options: help.visibleOptions(command).map(optionNode),
    positional,
    children: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map(commandTree),
  };
}

function optionNode(option: Option): OptionNode {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const takesValue = option.required || option.optional;
  return {
    names,
    description: firstLine(option.description),
    value: takesValue ? valueKind(option) : undefined,
    repeatable: option.variadic || /\brepeat/.test(option.description),
  };
}

function valueKind(option: Option): ValueKind {
  if (option.argChoices !== undefined) return { kind: 'choices', choices: option.argChoices };
  return kindOf(/[<[]([^>\]]+)/.exec(option.flags)?.[1] ?? '');
}

/** The placeholder says what the value is: `<file>` and `<dir>` are completed, others are not guessed. */
function kindOf(placeholder: string): ValueKind {
  if (/dir|folder/i.test(placeholder)) return { kind: 'directory' };
  if (/file|path/i.test(placeholder)) return { kind: 'file' };
  return { kind: 'anything' };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}
