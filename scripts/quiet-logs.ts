import { log } from '@/lib/metrics/log';

// Tests provoke errors; what pgdeck logs about them would bury what the runner says.
log.level = 'silent';
