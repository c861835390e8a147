import type { CommandNode, OptionNode, ValueKind } from './tree.js';

/** A zsh completion script for the tree: `source <(godwit completion zsh)`, or a file `_godwit` in $fpath. */
export function zshScript(root: CommandNode): string {
  const entry = entryOf(root.name);
  return `#compdef ${root.name}
# zsh completion for ${root.name}. Load it with: source <(${root.name} completion zsh)
${groupFunctions(root, entry).join('\n')}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  ${entry} "$@"
else
  compdef ${entry} ${root.name}
fi
`;
}

function entryOf(name: string): string {
  return `_${name.replace(/\W/g, '_')}`;
}

/** A function for the group and one for each group within; what is behind a command's name is the command's. */
function groupFunctions(group: CommandNode, entry: string): string[] {
  const commands = group.children.map((child) => `    ${quote(`${colonsEscaped(child.name)}:${child.description}`)}`);
  const own = `${entry}() {
  local context state line curcontext="$curcontext"
  typeset -A opt_args
  local -a commands
  commands=(
${commands.join('\n')}
  )
  _arguments -C \\
${group.options.map((option) => `    ${optionSpec(option)} \\`).join('\n')}
    '1:command:->command' \\
    '*::argument:->argument'
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      curcontext="\${curcontext%:*:*}:${group.name}-$line[1]:"
      case $line[1] in
${group.children.map((child) => commandCase(child, entry)).join('\n')}
      esac ;;
  esac
}`;
  const groups = group.children.filter(({ children }) => children.length > 0);
  return [own, ...groups.flatMap((child) => groupFunctions(child, entry + entryOf(child.name)))];
}

function commandCase(command: CommandNode, entry: string): string {
  if (command.children.length > 0) return `        ${command.name}) ${entry}${entryOf(command.name)} ;;`;
  const specs = [
    ...command.options.map(optionSpec),
    ...command.positional.map((value, index) => positionalSpec(value, index, command.positional.length)),
  ];
  return `        ${command.name})
          _arguments ${specs.map((spec) => `\\\n            ${spec}`).join(' ')} ;;`;
}

function optionSpec(option: OptionNode): string {
  const exclusive = option.repeatable ? '*' : `(${option.names.join(' ')})`;
  const value = option.value === undefined ? '' : `:value:${action(option.value)}`;
  // With the = zsh takes both `--mode live` and `--mode=live`.
  const names = option.names.map((name) => (option.value !== undefined && name.startsWith('--') ? `${name}=` : name));
  const tail = `[${option.description.replace(/[[\]\\]/g, '\\$&')}]${value}`;
  if (option.repeatable || option.names.length === 1) return quote(`${exclusive}${names[0] ?? ''}${tail}`);
  return `${quote(exclusive)}{${names.join(',')}}${quote(tail)}`;
}

function positionalSpec(value: ValueKind, index: number, count: number): string {
  return quote(`${index === count - 1 ? '*' : index + 1}:argument:${action(value)}`);
}

function action(value: ValueKind): string {
  switch (value.kind) {
    case 'choices':
      return `(${value.choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    default:
      return ' ';
  }
}

function colonsEscaped(text: string): string {
  return text.replaceAll(':', '\\:');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
