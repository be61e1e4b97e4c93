/**
 * Calls `check(specifier, node)` for everything that names a module: import, export from, import(), require(),
 * import types.
 *
 * @param {(specifier: string, node: any) => void} check
 */
export function onImport(check) {
  const source = (node) => {
    if (typeof node?.source?.value === 'string') check(node.source.value, node.source);
  };
  return {
    ImportDeclaration: source,
    ExportNamedDeclaration: source,
    ExportAllDeclaration: source,
    ImportExpression: source,
    TSImportType: (node) => {
      const argument = node.source ?? node.argument?.literal;
      if (typeof argument?.value === 'string') check(argument.value, argument);
    },
    'CallExpression[callee.name="require"]': (node) => {
      const argument = node.arguments[0];
      if (typeof argument?.value === 'string') check(argument.value, argument);
    },
  };
}

/** Splits `@scope/name/sub/path` into the package and the subpath as package.json's `exports` writes it. */
export function splitSpecifier(specifier) {
  const parts = specifier.split('/');
  const length = specifier.startsWith('@') ? 2 : 1;
  const rest = parts.slice(length).join('/');
  return { name: parts.slice(0, length).join('/'), subpath: rest === '' ? '.' : `./${rest}` };
}
