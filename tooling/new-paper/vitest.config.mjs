import { labTests } from '@lab/vitest-config';

// One test works in a copy of the whole repository.
export default labTests({ testTimeout: 300_000 });
