import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addImporter } from './lockfile.mjs';

const template = join(dirname(dirname(fileURLToPath(import.meta.url))), 'template');

/**
 * @typedef {object} Paper
 * @property {string} name the package's short name, kebab-case: `packages/NAME`, `@lab/NAME`, `lab run NAME`
 * @property {string} [title] the paper's title
 * @property {string} [arxiv] its arXiv number, such as 2410.12652
 * @property {string} [authors] the paper's authors, `Family, Given; Family, Given`
 */

/**
 * Writes `packages/NAME`, its changeset and its entry in the lockfile.
 *
 * @param {string} root the workspace's folder
 * @param {Paper} paper
 * @returns {string[]} the files written, relative to `root`
 */
export function generatePaper(root, { name, title = titleOf(name), arxiv, authors = 'Doe, Jane' }) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? ''))
    throw new Error(`a paper's name is kebab-case (such as rf-inversion); received: ${name}`);
  if (arxiv !== undefined && !/^\d{4}\.\d{4,5}$/.test(arxiv))
    throw new Error(`--arxiv is a number such as 2410.12652; received: ${arxiv}`);
  if (title.length < 10) throw new Error(`--title is the paper's whole title; received: ${title}`);
  const dir = join(root, 'packages', name);
  if (existsSync(dir)) throw new Error(`packages/${name} exists already`);

  const words = {
    NAME: name,
    TITLE: title,
    ...(arxiv === undefined ? {} : { ARXIV: arxiv }),
    YEAR: `${new Date().getFullYear()}`,
  };
  const written = [];
  const write = (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    written.push(relative(root, path).replaceAll('\\', '/'));
  };
  for (const path of filesOf(template)) {
    // Named `_package.json` and so on, so that no tool takes the template for a package.
    const target = relative(template, path).replace(/(^|[\\/])_/g, '$1');
    write(join(dir, target), fill(readFileSync(path, 'utf8'), words, authors));
  }
  write(join(dir, 'LICENSE'), readFileSync(join(root, 'LICENSE'), 'utf8'));
  write(
    join(root, '.changeset', `${name}.md`),
    `---\n'@lab/${name}': minor\n---\n\nFirst version: ${title}.\n`,
  );
  if (addImporter(root, name)) written.push('pnpm-lock.yaml');
  return written;
}

const titleOf = (name) => `A paper to be named: ${name.replaceAll('-', ' ')}`;

function filesOf(dir) {
  return readdirSync(dir)
    .map((name) => join(dir, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesOf(path) : [path]))
    .sort();
}

/** Fills `{{WORD}}`; a line that holds a word which was not given is left out, and `{{AUTHORS}}` becomes a list. */
function fill(text, words, authors) {
  return text
    .split('\n')
    .flatMap((line) => {
      if (line.includes('{{AUTHORS}}')) return authorLines(line, authors);
      const filled = line.replace(/\{\{([A-Z]+)\}\}/g, (whole, word) => words[word] ?? whole);
      return /\{\{[A-Z]+\}\}/.test(filled) ? [] : [filled];
    })
    .join('\n');
}

function authorLines(line, authors) {
  const indent = line.slice(0, line.indexOf('{{'));
  return authors.split(';').flatMap((author) => {
    const [family, given] = author.split(',').map((part) => part.trim());
    return [`${indent}- family-names: ${family}`, ...(given ? [`${indent}  given-names: ${given}`] : [])];
  });
}
