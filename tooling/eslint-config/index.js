import tseslint from 'typescript-eslint';

/** @param {{ dir: string, node?: boolean }} options */
export function labLint({ dir }) {
  return [
    { ignores: ['dist/**', '**/golden/**'] },
    ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
    {
      files: ['**/*.ts'],
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: dir } },
    },
  ];
}
