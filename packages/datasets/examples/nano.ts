/** From a file on disk to what a model learns and back, in a page. Run: npx tsx examples/nano.ts */
import { splitByTime, standardScaler, windows } from '@lab/datasets';
import { loadWeather } from '@lab/datasets/node';

const weather = await loadWeather({ location: 'New York' });
console.log(
  `${weather.title}: ${weather.length} days of ${weather.channels.join(', ')} (${weather.licence})`,
);

const { train, test } = splitByTime(weather, { train: 0.75, validation: 0 });
const scaler = standardScaler(train);
const weeks = windows(test, { length: 7, stride: 7, channels: weather.channels });
const scaled = scaler.fromRaw(weeks.values, { length: weeks.length });

const { rows, shift } = scaler.affine({ length: weeks.length });
console.log(`${weeks.count} weeks; ${rows.values.length} numbers lead back to ${shift.length} raw values`);
console.log(`first day, scaled: ${[...scaled.subarray(0, 4)].map((value) => value.toFixed(2)).join(' ')}`);
