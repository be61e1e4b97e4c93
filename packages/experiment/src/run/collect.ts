import { LabError } from '@lab/tensor-core/errors';
import { isWord } from '../define-experiment';
import type { Artifact, Claim, ExperimentOutput, Figure, Table } from '../types';

/** Gathers what a run hands over in parts. */
export interface OutputCollector {
  /** @throws LabError `format` naming the part that is malformed; what came before it is kept */
  add(part: Partial<ExperimentOutput>): void;
  output(): Required<ExperimentOutput>;
}

export function collectOutput(): OutputCollector {
  const claims = new Map<string, Claim>();
  const tables = new Map<string, Table>();
  const figures = new Map<string, Figure>();
  const artifacts = new Map<string, Artifact>();
  let facts: Record<string, string | number> = {};
  return {
    add: (part) => {
      for (const each of part.claims ?? []) claims.set(identify('claim', each.id), each);
      for (const each of part.tables ?? []) tables.set(identify('table', each.id), checkTable(each));
      for (const each of part.figures ?? []) figures.set(identify('figure', each.id), each);
      for (const each of part.artifacts ?? []) artifacts.set(fileName(each.name), each);
      facts = { ...facts, ...part.facts };
    },
    output: () => ({
      claims: [...claims.values()],
      tables: [...tables.values()],
      figures: [...figures.values()],
      artifacts: [...artifacts.values()],
      facts,
    }),
  };
}

function identify(what: string, id: string): string {
  if (isWord(id)) return id;
  throw new LabError('format', `a ${what}'s id is not lower-case words joined by dashes`, {
    argument: 'id',
    received: id,
  });
}

function fileName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) return name;
  throw new LabError('format', "an artifact's name is not a plain file name", {
    argument: 'name',
    received: name,
  });
}

function checkTable(table: Table): Table {
  const row = table.rows.findIndex((each) => each.length !== table.columns.length);
  if (row < 0) return table;
  throw new LabError('format', `table '${table.id}': row ${row} has not one cell a column`, {
    received: table.rows[row]?.length,
    expected: table.columns.length,
  });
}
