/** What a whole run of the tests is forced to (CONTRIBUTING.md). */
import type { MigrationRequest } from './migrationView.js';

/** The daemons under test get these as the run has them. */
export const FORCING: readonly string[] = ['GODWIT_NO_NATIVE', 'GODWIT_NO_HOLES', 'GODWIT_NO_REHEARSAL'];

/** False where everything runs without koffi. */
export const HAS_NATIVE = process.env['GODWIT_NO_NATIVE'] !== '1';

/** False where no hole is found and none is made: images arrive with all their blocks allocated. */
export const HAS_HOLES = HAS_NATIVE && process.env['GODWIT_NO_HOLES'] !== '1';

/** What a migration asks for whose test does not say how many lanes it wants. */
export const LANES: Pick<MigrationRequest, 'lanes'> = lanesOf(process.env['GODWIT_TEST_LANES'] ?? '');

function lanesOf(text: string): Pick<MigrationRequest, 'lanes'> {
  return text === '' ? {} : { lanes: Number(text) };
}
