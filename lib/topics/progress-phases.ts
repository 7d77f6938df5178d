/** What commands do now, in PostgreSQL's own words: the place in the list is the number that PostgreSQL counts by. */
export const progressPhases = {
  VACUUM: [
    'initializing',
    'scanning heap',
    'vacuuming indexes',
    'vacuuming heap',
    'cleaning up indexes',
    'truncating heap',
    'performing final cleanup',
  ],
  ANALYZE: [
    'initializing',
    'acquiring sample rows',
    'acquiring inherited sample rows',
    'computing statistics',
    'computing extended statistics',
    'finalizing analyze',
  ],
  'CREATE INDEX': [
    'initializing',
    'waiting for writers before build',
    'building index',
    'waiting for writers before validation',
    'index validation: scanning index',
    'index validation: sorting tuples',
    'index validation: scanning table',
    'waiting for old snapshots',
    'waiting for readers before marking dead',
    'waiting for readers before dropping',
  ],
  CLUSTER: [
    'initializing',
    'seq scanning heap',
    'index scanning heap',
    'sorting tuples',
    'writing new heap',
    'swapping relation files',
    'rebuilding index',
    'performing final cleanup',
  ],
};

/** Phases of an index build in which it waits for sessions; the figures are counts of those then. */
export const waitingPhases = [1, 3, 7, 8, 9];

/** The commands that share the progress of an index build, counted from 1. */
export const indexCommands = ['CREATE INDEX', 'CREATE INDEX CONCURRENTLY', 'REINDEX', 'REINDEX CONCURRENTLY'];
