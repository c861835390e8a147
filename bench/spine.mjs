// The spine's numbers beside the peer's; options and what is measured: test/src/bench/spine.ts.
import '../test/dist/bench/spine.js';
