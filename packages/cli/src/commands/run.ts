import type { Io } from '../terminal/io';
import type { RunFlags } from './program';
export async function run(_target: string, _flags: RunFlags, _io: Io): Promise<number> { return 0; }
export async function reproduce(_flags: RunFlags, _io: Io): Promise<number> { return 0; }
