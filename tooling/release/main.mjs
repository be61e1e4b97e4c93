#!/usr/bin/env node
// `pnpm release:dry`: what a release would publish, and what is wrong with it; the exit code is 1 when something is.
import { dryRelease } from './dry.mjs';

const { releases, faults } = dryRelease();
for (const { name, version, bytes } of releases)
  console.log(`${name} ${version}, ${Math.round(bytes / 1024)} KiB`);
const all = [...faults, ...releases.flatMap((each) => each.faults)];
for (const fault of all) console.error(fault);
console.log(`${releases.length} packages, ${all.length} faults`);
process.exitCode = all.length === 0 ? 0 : 1;
