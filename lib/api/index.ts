import type { AnyContract } from './contract';
import { health } from './health';

/** Every route of the API, in the order in which it is documented: one line for each. */
export const contracts: AnyContract[] = [health];
