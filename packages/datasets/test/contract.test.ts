import { join } from 'node:path';
import { packageContract, testExample } from '@lab/testing';

const dir = join(import.meta.dirname, '..');
packageContract(dir);
testExample(join(dir, 'examples', 'nano.ts'), {
  dir,
  // 1,461 days, three quarters for training: 1,096; the other 365 days are 52 weeks of 7 x 4 values.
  output: `Weather of New York, daily 2012 to 2015: 1461 days of precipitation, temp_max, temp_min, wind (public domain (US government work))
52 weeks; 28 numbers lead back to 28 raw values
first day, scaled: ...`,
});
