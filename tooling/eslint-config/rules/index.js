import { dirname, relative, resolve, sep } from 'node:path';
import { siblingPackages } from '../workspace.js';
import { onImport, splitSpecifier } from './imports.js';

/** A rule with one message, its option being the package's folder. */
function rule(message, create) {
  return {
    meta: {
      type: 'problem',
      messages: { found: message },
      schema: [{ type: 'object', properties: { dir: { type: 'string' } }, required: ['dir'] }],
    },
    create(context) {
      const { dir } = context.options[0];
      const path = relative(dir, context.filename).split(sep).join('/');
      const report = (node, data = {}) => context.report({ node, messageId: 'found', data });
      return create({ dir, path, file: context.filename, report });
    },
  };
}

const isRelative = (specifier) => specifier.startsWith('.');
const inside = (path, folder) => path === folder || path.startsWith(`${folder}/`);

/** The target of a relative import as a path inside the package; starts with `..` when it leaves it. */
const target = (dir, file, specifier) =>
  relative(dir, resolve(dirname(file), specifier))
    .split(sep)
    .join('/');

/** Papers stand alone: what two of them share belongs in a core. Tests and examples show how they compose. */
const noPaperImports = rule(
  "A paper never imports another paper ('{{name}}'): what two share belongs in a core package.",
  ({ dir, path, report }) => {
    if (inside(path, 'test') || inside(path, 'examples')) return {};
    const packages = siblingPackages(dir);
    const self = packages.find((each) => each.dir === dir);
    if (!self?.isPaper) return {};
    const papers = new Set(packages.filter((each) => each.isPaper && each !== self).map((each) => each.name));
    return onImport((specifier, node) => {
      const { name } = splitSpecifier(specifier);
      if (papers.has(name)) report(node, { name });
    });
  },
);

/** Who imports a method must not pull in its experiments and their data. */
const noExperimentImports = rule(
  "Only experiments, the package's own commands and tests import experiments ('{{specifier}}').",
  ({ dir, path, file, report }) => {
    if (!inside(path, 'src') || inside(path, 'src/experiments') || inside(path, 'src/cli')) return {};
    const self = siblingPackages(dir).find((each) => each.dir === dir)?.name;
    return onImport((specifier, node) => {
      const found = isRelative(specifier)
        ? inside(target(dir, file, specifier), 'src/experiments')
        : /^@lab\/[^/]+\/experiments$/.test(specifier) || specifier === `${self}/experiments`;
      if (found) report(node, { specifier });
    });
  },
);

/** Packages see each other only through their published entrances. */
const noDeepImports = rule(
  "'{{specifier}}' is not a published entrance; import one of: {{entrances}}.",
  ({ dir, file, report }) => {
    const packages = new Map(siblingPackages(dir).map((each) => [each.name, each]));
    return onImport((specifier, node) => {
      if (isRelative(specifier)) {
        const path = target(dir, file, specifier);
        const other = [...packages.values()].find(
          (each) =>
            each.dir !== dir &&
            inside(resolve(dir, path).split(sep).join('/'), each.dir.split(sep).join('/')),
        );
        if (other) report(node, { specifier, entrances: entrances(other) });
        return;
      }
      const { name, subpath } = splitSpecifier(specifier);
      const other = packages.get(name);
      if (other && !other.subpaths.has(subpath)) report(node, { specifier, entrances: entrances(other) });
    });
  },
);

const entrances = ({ name, subpaths }) =>
  [...subpaths]
    .filter((each) => each !== './package.json')
    .map((each) => name + each.slice(1))
    .join(', ');

/** One copy of TensorFlow.js in a process: two mix badly. */
const tensorflowInCore = rule(
  "Only @lab/tensor-core depends on '{{specifier}}'; import { tf } from '@lab/tensor-core'.",
  ({ report }) =>
    onImport((specifier, node) => {
      if (specifier.startsWith('@tensorflow/')) report(node, { specifier });
    }),
);

/** Library code runs in a browser; what needs Node has its own folder and subpath. */
const browserSafe = rule(
  "'{{specifier}}' is Node's: library code runs in browsers too. Put it under src/node, src/**/node, src/cli or src/checkpoint and give it a subpath.",
  ({ path, report }) => {
    const isNodeOnly =
      !inside(path, 'src') ||
      /^src\/(cli|checkpoint)\//.test(path) ||
      /^src\/(.*\/)?node\//.test(path) ||
      /\.node\.ts$/.test(path);
    if (isNodeOnly) return {};
    return onImport((specifier, node) => {
      if (specifier.startsWith('node:') || nodeModules.has(specifier)) report(node, { specifier });
    });
  },
);

const nodeModules = new Set(
  'fs fs/promises path os url module child_process worker_threads util stream crypto'.split(' '),
);

export const labPlugin = {
  meta: { name: '@lab/eslint-config' },
  rules: {
    'no-paper-imports': noPaperImports,
    'no-experiment-imports': noExperimentImports,
    'no-deep-imports': noDeepImports,
    'tensorflow-in-core': tensorflowInCore,
    'browser-safe': browserSafe,
  },
};
