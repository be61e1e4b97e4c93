import { labTests } from '@lab/vitest-config';

export default labTests();
