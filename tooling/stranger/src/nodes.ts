import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run';

/** The supported lines of Node. */
export const lines = [20, 22, 24] as const;

/** The program of another Node, from its npm package for this machine. */
export async function nodeOf(line: number, folder: string): Promise<string> {
  if (process.versions.node.startsWith(`${line}.`)) return process.execPath;
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const dir = join(folder, `node-${line}`);
  mkdirSync(dir, { recursive: true });
  await run('npm', ['install', '--prefix', dir, `${name}@${line}`, '--no-audit', '--no-fund'], { cwd: dir });
  const program = join(dir, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) throw new Error(`${name}@${line} holds no program at bin/node`);
  return program;
}
