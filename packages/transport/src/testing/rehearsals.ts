/** The channel on which a rehearsal says that it begins: it has no owner to tell. */
export const REHEARSALS = 'godwit-test-rehearsals';
