import tseslint from 'typescript-eslint';
import { labPlugin } from './rules/index.js';

const hidden = [
  {
    selector: 'MemberExpression[object.name="Math"][property.name="random"]',
    message: 'Randomness is explicit: take a Key and draw with @lab/tensor-core/random.',
  },
  {
    selector:
      'MemberExpression[object.name="tf"][property.name=/^(random[A-Z]\\w*|rand|truncatedNormal|multinomial|dropout)$/]',
    message:
      'tf draws from a hidden generator that ignores seed 0: take a Key and draw with @lab/tensor-core.',
  },
  {
    selector: 'MemberExpression[object.name="tf"][property.name=/^(variable|Variable|train|Optimizer)$/]',
    message: 'No hidden state: parameters are trees of tensors, optimisers are pairs of pure functions.',
  },
  {
    selector:
      'ImportDeclaration[source.value=/^@tensorflow/] > ImportSpecifier[imported.name=/^(random[A-Z]\\w*|rand|truncatedNormal|multinomial|dropout|variable|train)$/]',
    message: 'Hidden randomness and hidden state stay out: see ARCHITECTURE.md.',
  },
];

/** Rules of strictTypeChecked that fight numeric code or say nothing that a reader needs. */
const tuned = {
  // noUncheckedIndexedAccess makes every typed-array read `number | undefined`; `x[i]!` is how kernels read.
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
  '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
  '@typescript-eslint/no-explicit-any': ['error', { ignoreRestArgs: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
  '@typescript-eslint/prefer-promise-reject-errors': [
    'error',
    { allowThrowingAny: true, allowThrowingUnknown: true },
  ],
  // Overflows its stack on recursive types such as `Tree`.
  '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
  // An interface may ask for a promise where one implementation has nothing to wait for.
  '@typescript-eslint/require-await': 'off',
  '@typescript-eslint/no-unnecessary-type-parameters': 'off',
  '@typescript-eslint/unified-signatures': 'off',
  '@typescript-eslint/no-invalid-void-type': 'off',
};

/** Tests read JSON, poke at wrong types and never ship. */
const relaxed = {
  '@typescript-eslint/no-unsafe-argument': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-call': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
  '@typescript-eslint/no-unsafe-return': 'off',
  '@typescript-eslint/no-unsafe-type-assertion': 'off',
  '@typescript-eslint/no-explicit-any': 'off',
  '@typescript-eslint/unbound-method': 'off',
  '@typescript-eslint/no-unnecessary-condition': 'off',
  'max-lines': 'off',
  'no-console': 'off',
};

/** @param {{ dir: string, node?: boolean, tensorflow?: boolean }} options */
export function labLint({ dir, node = false, tensorflow = false }) {
  return [
    { ignores: ['dist/**', 'coverage/**', '**/golden/**', '.test-results/**'] },
    ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
    {
      files: ['**/*.ts'],
      plugins: { lab: labPlugin },
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: dir } },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      rules: {
        ...tuned,
        'no-restricted-syntax': ['error', ...hidden],
        'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
        'no-console': 'error',
        'lab/no-paper-imports': ['error', { dir }],
        'lab/no-experiment-imports': ['error', { dir }],
        'lab/no-deep-imports': ['error', { dir }],
        ...(tensorflow ? {} : { 'lab/tensorflow-in-core': ['error', { dir }] }),
        ...(node ? {} : { 'lab/browser-safe': ['error', { dir }] }),
      },
    },
    { files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'], rules: relaxed },
  ];
}
