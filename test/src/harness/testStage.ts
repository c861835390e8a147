import { onTestFailed, onTestFinished } from 'vitest';
import { Stage } from './stage.js';

/** A stage that ends with the running test, and shows what the daemons printed when it failed. */
export function stageForTest(): Stage {
  const stage = new Stage();
  onTestFinished(() => stage.close());
  onTestFailed(() => {
    console.error(stage.output());
  });
  return stage;
}
