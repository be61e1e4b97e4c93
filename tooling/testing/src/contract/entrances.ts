const word = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

interface ExperimentLike {
  readonly id?: unknown;
  readonly paper?: unknown;
  readonly title?: unknown;
  readonly summary?: unknown;
  readonly data?: unknown;
  readonly scales?: Readonly<Record<string, unknown>>;
  readonly run?: unknown;
}

interface CommandLike {
  readonly name?: unknown;
  readonly summary?: unknown;
  readonly description?: unknown;
  readonly options?: readonly { readonly flag?: unknown; readonly description?: unknown }[];
  readonly run?: unknown;
}

const isText = (value: unknown, length: number): boolean =>
  typeof value === 'string' && value.trim().length >= length;

/** What is wrong with `experiments`, the array that a paper exports from `./experiments`. */
export function experimentFaults(exported: unknown, paper: string): string[] {
  if (!Array.isArray(exported) || exported.length === 0)
    return ['./experiments does not export `experiments`, a list of at least one'];
  const seen = new Set<unknown>();
  return (exported as ExperimentLike[]).flatMap((each, index) => {
    const faults: string[] = [];
    const name = typeof each.id === 'string' ? each.id : `experiment ${index}`;
    if (!word.test(String(each.id))) faults.push('id is not a kebab-case word');
    if (seen.has(each.id)) faults.push('id is used twice');
    seen.add(each.id);
    if (each.paper !== paper) faults.push(`paper is "${String(each.paper)}", not "${paper}"`);
    if (!isText(each.title, 5)) faults.push('title is missing');
    if (!isText(each.summary, 40)) faults.push('summary does not say the question and how it is answered');
    if (!Array.isArray(each.data) || each.data.length === 0) faults.push('data names no source');
    for (const scale of ['tour', 'quick', 'full'])
      if (each.scales?.[scale] === undefined) faults.push(`scales.${scale} is missing`);
    if (typeof each.run !== 'function') faults.push('run is not a function');
    return faults.map((fault) => `${name}: ${fault}`);
  });
}

/** What is wrong with `commands`, the array that a paper exports from `./cli`. */
export function commandFaults(exported: unknown): string[] {
  if (!Array.isArray(exported)) return ['the commands entrance does not export `commands`, a list'];
  const seen = new Set<unknown>();
  return (exported as CommandLike[]).flatMap((each, index) => {
    const faults: string[] = [];
    if (!word.test(String(each.name))) faults.push('name is not a kebab-case word');
    if (seen.has(each.name)) faults.push('name is used twice');
    seen.add(each.name);
    if (!isText(each.summary, 10)) faults.push('summary is missing');
    if (!isText(each.description, 20)) faults.push('description is missing');
    if (typeof each.run !== 'function') faults.push('run is not a function');
    const flags = (each.options ?? []).map(({ flag }) => flag);
    if (flags.some((flag) => !word.test(String(flag))))
      faults.push('a flag is not a kebab-case word without dashes');
    if (new Set(flags).size !== flags.length) faults.push('a flag is used twice');
    if ((each.options ?? []).some(({ description }) => !isText(description, 3)))
      faults.push('an option has no description');
    return faults.map(
      (fault) => `${typeof each.name === 'string' ? each.name : `command ${index}`}: ${fault}`,
    );
  });
}
