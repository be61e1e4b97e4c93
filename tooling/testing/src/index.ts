export { compareNumbers, type AllcloseOptions } from './allclose';
export { flatNumbers, isTensor, type FlatNumbers, type Numeric } from './values';
export { checkGradients, type GradientCheckOptions } from './gradients';
export { expectNoLeak, liveTensors } from './leaks';
export { loadGolden, type Golden } from './golden';
export { runNode, type RunNodeOptions, type RunResult } from './run-node';
export { runSnippet, testReadme, type RunSnippetOptions, type TestReadmeOptions } from './readme/test-readme';
export { testExample, type TestExampleOptions } from './example';
export { testVerbs, type Verb, type VerbResult, type VerbRunner } from './verbs';
export {
  packageContract,
  paperContract,
  type PackageContractOptions,
  type PaperContractOptions,
} from './contract/paper-contract';
export { methodContract } from './contract/methods';
export {
  methodCase,
  notApplicable,
  type AnyMethodCase,
  type BatchCase,
  type PrefixCase,
  type MethodCase,
  type MethodRun,
  type NotApplicable,
} from './contract/method-case';
