import type { MigrationView } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { AgentClient } from '../client/agentClient.js';
import { followMigration, type Patience } from '../client/follow.js';
import type { CliContext, ExitCode } from '../context.js';
import { LABEL_COLUMNS, renderSummary } from '../display/summary.js';
import { wrap } from '../display/text.js';
import { printError } from '../report.js';
import { exitCodeOfLoss, exitCodeOfView } from './outcome.js';
import { widthOf } from './printing.js';
import { createReporter, type Reporter } from './reporter.js';

/** How a migration is to be followed to its end. */
export interface WatchPlan {
  readonly id: string;
  readonly json: boolean;
  readonly patience: Patience;
  /** How many times Ctrl-C was pressed before there was anything to watch. */
  readonly earlyInterrupts?: number;
  /** Said before what every migration says at its end. */
  readonly summary?: (view: MigrationView) => string[];
  /** Called at each Ctrl-C with how many there have been; says what it does through the reporter. */
  onInterrupt(count: number, reporter: Reporter): void;
}

/**
 * Follows a migration until it ends, with the display of the terminal on stderr, then prints the summary
 * (or with `json` the final view) on stdout. Returns the exit code of interfaces.md.
 */
export async function watchToEnd(context: CliContext, client: AgentClient, plan: WatchPlan): Promise<ExitCode> {
  const reporter = createReporter(context);
  let interrupts = plan.earlyInterrupts ?? 0;
  const stopListening = context.onInterrupt(() => {
    interrupts += 1;
    plan.onInterrupt(interrupts, reporter);
  });
  if (interrupts > 0) plan.onInterrupt(interrupts, reporter);
  let last: MigrationView | undefined;
  try {
    for await (const view of followMigration(client, plan.id, plan.patience)) {
      last = view;
      reporter.show(view);
    }
  } catch (thrown) {
    if (last === undefined) throw thrown;
    reporter.close();
    const error = toGodwitError(thrown);
    printError(context, error);
    printFinal(context, last, plan);
    return exitCodeOfLoss(last, error);
  } finally {
    stopListening();
    reporter.close();
  }
  if (last === undefined) return 4;
  printFinal(context, last, plan);
  return exitCodeOfView(last);
}

function printFinal(context: CliContext, view: MigrationView, { json, summary }: WatchPlan): void {
  if (json) {
    context.stdout.write(`${JSON.stringify(view)}\n`);
    return;
  }
  const width = widthOf(context);
  const first = (summary?.(view) ?? []).flatMap((line) => wrap(line, width, LABEL_COLUMNS));
  for (const line of [...first, ...renderSummary(view, width)]) context.stdout.write(`${line}\n`);
}
