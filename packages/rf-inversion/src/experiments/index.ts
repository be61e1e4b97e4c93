import { risk } from './risk';

/** What `lab run` finds. */
export const experiments = [risk];
