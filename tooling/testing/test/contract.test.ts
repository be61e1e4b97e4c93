import { describe, expect, test } from 'vitest';
import { citationFaults } from '../src/contract/citation';
import { commandFaults, experimentFaults } from '../src/contract/entrances';
import { exportFaults, labFieldFaults } from '../src/contract/manifest';
import { readmeFaults } from '../src/contract/readme-sections';

const intro = `# @lab/x\n\n${'What it solves and when to use it. '.repeat(4)}\n`;
const paperSections = [
  'Install',
  'Quickstart',
  'API',
  'Theory to code',
  'Departures from the paper',
  'Results',
];
const rest = ['Cost', 'Limits', 'Citation'];
const readme = (names: readonly string[]) => intro + names.map((name) => `\n## ${name}\n\ntext\n`).join('');

describe('readmeFaults', () => {
  test('accepts the order, and other headings between', () => {
    expect(readmeFaults(readme([...paperSections, ...rest]), 'paper')).toEqual([]);
    expect(readmeFaults(readme([...paperSections, 'Questions', ...rest]), 'paper')).toEqual([]);
    expect(readmeFaults(readme(['Install', 'Example', 'API', 'Limits', 'Citation']), 'package')).toEqual([]);
  });
  test('names what is missing, out of order, or empty above', () => {
    expect(readmeFaults(readme(['Install', 'API', 'Quickstart', 'Limits', 'Citation']), 'package')).toEqual([
      'section "API" must come after "Quickstart"',
    ]);
    expect(readmeFaults(readme(paperSections), 'paper')).toEqual(
      rest.map((name) => `it has no section "${name}"`),
    );
    expect(readmeFaults('## Install', 'package').slice(0, 2)).toEqual([
      'it has no title (# ...)',
      'above the first section it does not say what it is and when to use it',
    ]);
  });
  test('does not take a comment in code for a heading', () => {
    expect(
      readmeFaults(
        `${readme(['Install', 'Example', 'Limits', 'Citation'])}\n\`\`\`sh\n## API\n\`\`\`\n`,
        'package',
      ),
    ).toEqual(['it has no section "API"']);
  });
  test('asks for all that its code imports to be installed', () => {
    const code = "```ts\nimport { a } from '@lab/x/sub';\nimport b from 'b';\n```\n";
    const install = (words: string) => `${readme(['Install'])}\n\`\`\`sh\nnpm install ${words}\n\`\`\`\n`;
    const whole = (words: string) =>
      `${install(words)}\n## Example\n\n${code}${readme(['API', 'Limits', 'Citation']).slice(intro.length)}`;
    expect(readmeFaults(whole('@lab/x b'), 'package')).toEqual([]);
    expect(readmeFaults(whole('@lab/x'), 'package')).toEqual([
      'its code imports b, which no line `npm install ...` of it installs',
    ]);
  });
});

describe('citationFaults', () => {
  const paper = { id: 'x', title: 'A Paper', arxiv: '2410.12652' };
  const own = 'cff-version: 1.2.0\nmessage: cite\ntitle: x\nauthors: [{ name: The contributors }]\n';
  const cited = `${own}references:\n  - type: article\n    title: A Paper\n    authors: [{ family-names: A }]\n    url: https://arxiv.org/abs/2410.12652\n`;
  test('a paper package cites its paper', () => {
    expect(citationFaults(cited, paper)).toEqual([]);
    expect(citationFaults(own)).toEqual([]);
    expect(citationFaults(own, paper)).toHaveLength(2);
    expect(citationFaults('title: x')).toHaveLength(3);
  });
});

describe('labFieldFaults', () => {
  const exports = { './experiments': './x.js' };
  const paper = { id: 'x-y', title: 'A paper on x', arxiv: '2410.12652' };
  test('accepts a good field, names what is wrong with another', () => {
    expect(labFieldFaults({ lab: { paper, experiments: './experiments' }, exports })).toEqual([]);
    expect(labFieldFaults({ lab: { paper, experiments: './nowhere' }, exports })).toEqual([
      'lab.experiments "./nowhere" is not in exports',
    ]);
    expect(labFieldFaults({ lab: { paper: { ...paper, id: 'X', arxiv: '12' } }, exports })).toHaveLength(3);
  });
});

test('an entrance without a built file or a declaration is a fault', () => {
  const faults = exportFaults(import.meta.dirname, {
    exports: { '.': { '@lab/source': 'contract.test.ts', import: { default: './no.js' } } },
  });
  expect(faults).toEqual([
    'exports["."] has no import.types',
    'exports["."] import.default: ./no.js does not exist; is the package built?',
    'exports["."] has no require.types',
    'exports["."] has no require.default',
  ]);
});

describe('experiments and commands', () => {
  const experiment = {
    id: 'one',
    paper: 'x',
    title: 'A title',
    summary: 'The question, and how this experiment answers it.',
    data: ['drawn here'],
    scales: { tour: {}, quick: {}, full: {} },
    run: () => undefined,
  };
  test('experiments', () => {
    expect(experimentFaults([experiment], 'x')).toEqual([]);
    expect(experimentFaults([], 'x')).toHaveLength(1);
    expect(experimentFaults(undefined, 'x')).toHaveLength(1);
    expect(experimentFaults([experiment, experiment], 'x')).toEqual(['one: id is used twice']);
    expect(experimentFaults([{ ...experiment, paper: 'y', scales: { tour: {} }, run: 3 }], 'x')).toHaveLength(
      4,
    );
  });
  test('commands', () => {
    const command = {
      name: 'sample',
      summary: 'Draw samples',
      description: 'Draws samples from a model',
      options: [{ flag: 'steps', description: 'how many' }],
      run: () => 0,
    };
    expect(commandFaults([command])).toEqual([]);
    expect(
      commandFaults([{ ...command, options: [{ flag: '--steps', description: 'how many' }] }]),
    ).toHaveLength(1);
    expect(commandFaults([command, command])).toEqual(['sample: name is used twice']);
  });
});
