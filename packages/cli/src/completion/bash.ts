import type { CommandNode, OptionNode, ValueKind } from './tree.js';

/**
 * A bash completion script for the tree. It needs nothing but bash itself (no bash-completion package):
 * `source <(godwit completion bash)`. Words that bash splits at `=` (COMP_WORDBREAKS) are put together
 * again, so `--mode=l<TAB>` works as `--mode l<TAB>` does, and the path in `--image vm0=/var/<TAB>` too.
 */
export function bashScript(root: CommandNode): string {
  const entry = `_${root.name.replace(/\W/g, '_')}`;
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
      *) command="$word"; break ;;
    esac
  done
  case "$command" in
${root.children.map(commandCase).join('\n')}
    *)
      COMPREPLY=($(compgen -W ${quote([...root.children.map((child) => child.name), ...optionNames(root.options)].join(' '))} -- "$cur")) ;;
  esac
}
complete -F ${entry} ${root.name}
`;
}

function commandCase(command: CommandNode): string {
  const values = command.options.flatMap((option) => {
    return option.value === undefined ? [] : [`        ${option.names.join('|')}) ${reply(option.value)}; return ;;`];
  });
  const plain = command.positional.map(replyFor).find((words) => words !== '') ?? '';
  return `    ${command.name})
      case "$prev" in
${[...values, '        *) ;;'].join('\n')}
      esac
      if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W ${quote(optionNames(command.options).join(' '))} -- "$cur"))
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
      return `COMPREPLY=($(compgen -W ${quote(value.choices.join(' '))} -- "$cur"))`;
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
