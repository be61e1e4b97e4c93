import ts from 'typescript';

const settings = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
} as const;

/** The code as an ES module: types stripped, nothing else changed. */
export function toEsm(code: string): string {
  return ts.transpileModule(code, { compilerOptions: settings, reportDiagnostics: false }).outputText;
}

/**
 * The code as a CommonJS user would write it: each import becomes a `require`, and the rest stands in an async
 * function, since CommonJS has no top-level await.
 */
export function toCommonJs(code: string): string {
  const source = ts.createSourceFile('snippet.js', toEsm(code), ts.ScriptTarget.ES2022, true);
  const requires: string[] = [];
  const body: string[] = [];
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) requires.push(asRequire(statement, requires.length));
    else if (!ts.isExportDeclaration(statement))
      body.push(statement.getFullText().replace(/(^|\n)export (?=(async |function|const|let|class))/g, '$1'));
  }
  return [
    "'use strict';",
    ...requires,
    `(async () => {${body.join('')}\n})().catch((error) => { console.error(error); process.exitCode = 1; });`,
  ].join('\n');
}

function asRequire(statement: ts.ImportDeclaration, index: number): string {
  const call = `require(${statement.moduleSpecifier.getText()})`;
  const clause = statement.importClause;
  if (!clause) return `${call};`;
  const holder = `required${index}`;
  const lines = [`const ${holder} = ${call};`];
  if (clause.name)
    lines.push(`const ${clause.name.text} = ${holder}.__esModule ? ${holder}.default : ${holder};`);
  const bindings = clause.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) lines.push(`const ${bindings.name.text} = ${holder};`);
  if (bindings && ts.isNamedImports(bindings)) {
    const names = bindings.elements.map((each) =>
      each.propertyName ? `${each.propertyName.getText()}: ${each.name.text}` : each.name.text,
    );
    lines.push(`const { ${names.join(', ')} } = ${holder};`);
  }
  return lines.join('\n');
}
