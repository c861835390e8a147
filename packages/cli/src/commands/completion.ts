import type { Command } from 'commander';
import { bashScript } from '../completion/bash.js';
import { commandTree } from '../completion/tree.js';
import { zshScript } from '../completion/zsh.js';

/** `godwit completion SHELL`: the script for that shell, made from the commands as they are. */
export function completionScript(program: Command, shell: 'bash' | 'zsh'): string {
  const tree = commandTree(program);
  return shell === 'bash' ? bashScript(tree) : zshScript(tree);
}
