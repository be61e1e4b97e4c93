import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discoverPapers, findPaper } from '../src';
import { emptyProject, experimentsCode, installPaper, type UserProject } from './fixtures/user-project';

let user: UserProject;
/** A folder with no papers around it, in place of the command's own package. */
let home: UserProject;
beforeEach(() => {
  user = emptyProject();
  home = emptyProject();
});
afterEach(() => {
  user.remove();
  home.remove();
});

const ids = () => discoverPapers({ cwd: user.dir, home: home.dir }).map(({ id }) => id);
const paper = (id: string) => ({ name: `${id}-package`, id, experiments: experimentsCode });
const dependOn = (project: UserProject, ...names: string[]) =>
  project.write(
    'package.json',
    JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '*'])) }),
  );

describe('discoverPapers', () => {
  test("a third party's paper among the project's dependencies, also from a folder inside it", () => {
    installPaper(user, paper('acme'));
    dependOn(user, 'acme-package', 'not-installed');
    expect(ids()).toEqual(['acme']);
    mkdirSync(join(user.dir, 'src', 'deep'), { recursive: true });
    const [found] = discoverPapers({ cwd: join(user.dir, 'src', 'deep'), home: home.dir });
    expect(found).toMatchObject({
      id: 'acme',
      title: 'The paper on acme',
      arxiv: '2401.00001',
      version: '3.2.1',
    });
  });

  test('scoped names, and packages that pnpm links', () => {
    installPaper(user, { ...paper('scoped'), name: '@acme/scoped' });
    installPaper(home, paper('linked'));
    symlinkSync(
      join(home.dir, 'node_modules', 'linked-package'),
      join(user.dir, 'node_modules', 'linked'),
      'junction',
    );
    dependOn(user, '@acme/scoped', 'linked');
    expect(ids()).toEqual(['linked', 'scoped']);
  });

  test('a package that nobody depends on is not a paper of this project', () => {
    installPaper(user, paper('stray'));
    dependOn(user);
    expect(ids()).toEqual([]);
  });

  test('what the command itself depends on, and the workspace around the user', () => {
    installPaper(home, paper('bundled'));
    dependOn(home, 'bundled-package');
    user.write('pnpm-workspace.yaml', 'packages: [packages/*]');
    user.write('packages/new/package.json', JSON.stringify({ name: 'new', lab: { paper: { id: 'fresh' } } }));
    user.write('packages/core/package.json', JSON.stringify({ name: 'core' }));
    user.write('packages/broken/package.json', '{ not JSON');
    expect(ids()).toEqual(['bundled', 'fresh']);
  });

  test("the user's own copy stands before the one that comes with the command", () => {
    installPaper(home, { ...paper('acme'), name: 'acme-old' });
    dependOn(home, 'acme-old');
    installPaper(user, { ...paper('acme'), name: 'acme-new' });
    dependOn(user, 'acme-new');
    expect(discoverPapers({ cwd: user.dir, home: home.dir }).map((each) => each.package)).toEqual([
      'acme-new',
    ]);
  });
});

describe('a paper', () => {
  test('loads its experiments by the import condition', async () => {
    installPaper(user, paper('acme'));
    dependOn(user, 'acme-package');
    const experiments = await findPaper('acme', { cwd: user.dir, home: home.dir }).experiments();
    expect(experiments.map(({ id }) => id)).toEqual(['good', 'bad', 'refused', 'endless']);
  });

  test('that is not installed is refused with those that are', () => {
    installPaper(user, paper('acme'));
    dependOn(user, 'acme-package');
    expect(() => findPaper('other', { cwd: user.dir, home: home.dir })).toThrow(
      /"other".*expected: acme.*npm install/,
    );
  });

  test.each([
    ['is not built', undefined, /is not built.*experiments\.js/],
    ['exports no list', 'export const other = 1;', /does not export `experiments`.*received: other/],
  ])('that %s', async (_, code, message) => {
    installPaper(user, {
      name: 'acme-package',
      id: 'acme',
      ...(code === undefined ? {} : { experiments: code }),
    });
    dependOn(user, 'acme-package');
    await expect(findPaper('acme', { cwd: user.dir, home: home.dir }).experiments()).rejects.toThrow(message);
  });
});
