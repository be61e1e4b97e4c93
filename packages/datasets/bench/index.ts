/** Seconds to load each data set of the npm packages, and to scale many windows. Run: pnpm bench */
import { ohlcIncrementsScaler, windows } from '@lab/datasets';
import { loadFlightTraffic, loadSp500, loadWeather, loadWeatherNormals } from '@lab/datasets/node';

async function time(name: string, run: () => unknown): Promise<void> {
  const seconds: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = performance.now();
    await run();
    seconds.push((performance.now() - before) / 1000);
  }
  seconds.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(40)} median ${seconds[2]!.toFixed(3)} s of 5 (${seconds[0]!.toFixed(3)} to ${seconds[4]!.toFixed(3)})`,
  );
}

await time('sp500', () => loadSp500());
await time('weather', () => loadWeather());
await time('weather-normals', () => loadWeatherNormals());
await time('flight-traffic', () => loadFlightTraffic());

const bars = windows(await loadSp500(), { length: 96, stride: 1, previous: true });
const scaler = ohlcIncrementsScaler(bars);
const context = { length: 96, start: scaler.starts(bars) };
const x = scaler.fromRaw(bars.values, context);
await time(`increments of ${bars.count} windows of 96 bars`, () => scaler.fromRaw(bars.values, context));
await time('back to prices', () => scaler.toRaw(x, context));
