import type { RunResult } from '../run/result';

/** The path of each figure's SVG, relative to `result.json`: by its id alone where no other experiment uses it. */
export function figureFiles(results: readonly RunResult[]): (figure: object) => string {
  return distinctPaths(results, {
    parts: (result) => result.figures.map((figure) => ({ part: figure, name: `${figure.id}.svg` })),
    folder: 'figures',
  });
}

/** The path of each artifact, relative to `result.json`. */
export function artifactFiles(results: readonly RunResult[]): (artifact: object) => string {
  return distinctPaths(results, {
    parts: (result) => result.artifacts.map((artifact) => ({ part: artifact, name: artifact.name })),
    folder: 'artifacts',
  });
}

function distinctPaths(
  results: readonly RunResult[],
  {
    parts,
    folder,
  }: { parts: (result: RunResult) => readonly { part: object; name: string }[]; folder: string },
): (part: object) => string {
  const all = results.flatMap((result) =>
    parts(result).map((each) => ({ ...each, experiment: result.experiment })),
  );
  const uses = new Map<string, number>();
  for (const { name } of all) uses.set(name, (uses.get(name) ?? 0) + 1);
  const paths = new Map<object, string>();
  for (const { part, name, experiment } of all)
    paths.set(
      part,
      `${folder}/${uses.get(name) === 1 ? name : `${experiment.replaceAll('/', '-')}-${name}`}`,
    );
  return (part) => paths.get(part)!;
}
