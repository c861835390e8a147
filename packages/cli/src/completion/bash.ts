import type { CommandNode, OptionNode, ValueKind } from './tree.js';

/**
 * A bash completion script for the tree. It needs nothing but bash itself (no bash-completion package):
 * `source <(godwit completion bash)`. Words that bash splits at `=` (COMP_WORDBREAKS) are put together
 * again, so `--mode=l<TAB>` works as `--mode l<TAB>` does, and the path in `--image vm0=/var/<TAB>` too.
 */
export function bashScript(root: CommandNode): string {
  const entry = `_${root.name.replace(/\W/g, '_')}`;
  const groups = root.children.flatMap((child) => groupsWithin(child, ''));
  return `# bash completion for ${root.name}. Load it with: source <(${root.name} completion bash)
${entry}() {
  local cur prev command word index
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  if [[ $cur == = ]]; then cur=; index=$COMP_CWORD; elif [[ $prev == = ]]; then index=$((COMP_CWORD - 1)); else index=; fi
  if [[ -n $index ]]; then
    prev="\${COMP_WORDS[index-1]}"
    if [[ $prev != -* && $index -ge 2 ]]; then prev="\${COMP_WORDS[index-2]}"; fi
  fi
  COMPREPLY=()
  command=
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      -*) ;;
      *)
        command="\${command:+$command }$word"
        case "$command" in ${groups.map(quote).join('|') || "''"}) ;; *) break ;; esac ;;
    esac
  done
  case "$command" in
${root.children.flatMap((child) => commandCases(child, '')).join('\n')}
    *)
      ${replyWords([...root.children.map((child) => child.name), ...optionNames(root.options)])} ;;
  esac
}
complete -F ${entry} ${root.name}
`;
}

/** The command alone, and behind it those that it is a group of. */
function commandCases(command: CommandNode, before: string): string[] {
  const path = before === '' ? command.name : `${before} ${command.name}`;
  if (command.children.length === 0) return [commandCase(command, path)];
  const words = [...command.children.map((child) => child.name), ...optionNames(command.options)];
  const own = `    ${quote(path)})\n      ${replyWords(words)} ;;`;
  return [own, ...command.children.flatMap((child) => commandCases(child, path))];
}

function groupsWithin(command: CommandNode, before: string): string[] {
  const path = before === '' ? command.name : `${before} ${command.name}`;
  if (command.children.length === 0) return [];
  return [path, ...command.children.flatMap((child) => groupsWithin(child, path))];
}

function replyWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur"))`;
}

function commandCase(command: CommandNode, path: string): string {
  const values = command.options.flatMap((option) => {
    return option.value === undefined ? [] : [`        ${option.names.join('|')}) ${reply(option.value)}; return ;;`];
  });
  const plain = command.positional.map(replyFor).find((words) => words !== '') ?? '';
  return `    ${quote(path)})
      case "$prev" in
${[...values, '        *) ;;'].join('\n')}
      esac
      if [[ $cur == -* ]]; then
        ${replyWords(optionNames(command.options))}
      else
        ${plain === '' ? ':' : plain}
      fi ;;`;
}

function reply(value: ValueKind): string {
  return replyFor(value) === '' ? 'COMPREPLY=()' : replyFor(value);
}

function replyFor(value: ValueKind): string {
  switch (value.kind) {
    case 'choices':
      return replyWords(value.choices);
    case 'file':
      return `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur")`;
    case 'directory':
      return `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur")`;
    default:
      return '';
  }
}

function optionNames(options: readonly OptionNode[]): string[] {
  return options.flatMap((option) => option.names);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
