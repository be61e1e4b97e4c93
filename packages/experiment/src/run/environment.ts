import { version } from '../../package.json';
import type { Environment, ExecutionRecord } from './result';

interface NodeOs {
  cpus(): readonly { readonly model: string }[];
  availableParallelism(): number;
}

/** What this process runs on; in a browser, what it tells of itself. */
export function environment({
  engine,
  execution,
  packages = {},
}: {
  readonly engine: string | undefined;
  readonly execution: ExecutionRecord | undefined;
  readonly packages: Readonly<Record<string, string>> | undefined;
}): Environment {
  const named = {
    ...(engine !== undefined && { engine }),
    ...(execution !== undefined && { execution }),
    packages: { '@lab/experiment': version, ...packages },
  };
  const node = nodeProcess();
  if (!node)
    return {
      runtime: 'browser',
      platform: 'browser',
      cpu: 'unknown',
      cores: navigator.hardwareConcurrency,
      ...named,
    };
  const os = node.getBuiltinModule('node:os') as unknown as NodeOs;
  return {
    runtime: `Node ${node.version}`,
    platform: `${node.platform} ${node.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    ...named,
  };
}

/** Greatest resident memory of the process so far, in bytes; undefined outside Node. */
export function peakMemory(): number | undefined {
  const kibibytes = nodeProcess()?.resourceUsage().maxRSS;
  return kibibytes === undefined ? undefined : kibibytes * 1024;
}

function nodeProcess(): NodeJS.Process | undefined {
  return typeof process === 'object' && typeof process.getBuiltinModule === 'function' ? process : undefined;
}
