import type { CliContext, ExitCode } from '../../context.js';
import { lackInWords } from '../../demo/vm/requirements.js';
import { runVmDemo } from '../../demo/vm/runVmDemo.js';

/** `godwit vm demo`: see demo/vm/runVmDemo. 1 as well where it cannot be shown. */
export async function vmDemo(context: CliContext): Promise<ExitCode> {
  const lack = lackInWords();
  if (lack === undefined) return runVmDemo(context);
  context.stderr.write(`godwit vm demo cannot be shown here: ${lack}\n`);
  return 1;
}
