/**
 * Whether an agent does at its start what makes it fast later: threads for connections made ahead, code walked before it is needed.
 * Not so in tests that measure nothing, and on hosts that cannot spare seconds of a processor when an agent starts.
 */
export const REHEARSES = process.env['GODWIT_NO_REHEARSAL'] !== '1';
