import {
  nestPaths,
  pathMatcher,
  splitPath,
  treeFlatten,
  treeFromRecord,
  treeLeaves,
  treeMap,
  treeMapWithPath,
  treePaths,
  treeReduce,
  treeSelect,
  treeUnflatten,
  treeUpdate,
  treeZip,
  type Tree,
} from '@lab/tensor-core/tree';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';

const params = {
  layers: [
    { weight: 1, bias: 2 },
    { weight: 3, bias: 4 },
  ],
  scale: 5,
};

// Names that need escaping, that look like indices, and that JavaScript treats specially.
const name = fc.oneof(
  fc.constantFrom('a', 'a.b', '.', '\\', 'a\\', '\\.', '0', '10', '2', '__proto__', 'constructor', 'ä', '\n'),
  fc.string({ minLength: 1, maxLength: 4 }),
);
const { tree } = fc.letrec<{ tree: Tree<number> }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('tree')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('structure', () => {
  test('visits names in sorted order and indices in theirs', () => {
    expect(treeFlatten<number>(params)).toEqual([
      ['layers.0.bias', 2],
      ['layers.0.weight', 1],
      ['layers.1.bias', 4],
      ['layers.1.weight', 3],
      ['scale', 5],
    ]);
    expect(treePaths(Array.from({ length: 11 }, () => 0)).slice(-2)).toEqual(['9', '10']);
    expect(treeFlatten<number>({ b: 1, a: 2 })).toEqual(treeFlatten<number>({ a: 2, b: 1 }));
    expect(treeFlatten(7)).toEqual([['', 7]]);
  });

  test('flatten and unflatten are inverse', () => {
    fc.assert(
      fc.property(tree, (t) => {
        expect(treeUnflatten(t, treeLeaves(t))).toEqual(t);
        expect(treeLeaves(t)).toEqual(treeFlatten(t).map(([, leaf]) => leaf));
      }),
    );
  });

  test('no two leaves have one path, and a path leads back to its leaf', () => {
    fc.assert(
      fc.property(tree, (t) => {
        const leaves = treeFlatten(t);
        expect(new Set(leaves.map(([path]) => path)).size).toBe(leaves.length);
        for (const [path, leaf] of leaves) {
          let at: unknown = t;
          for (const each of splitPath(path)) at = (at as Record<string, unknown>)[each];
          expect(at).toBe(leaf);
        }
      }),
    );
  });

  test('a dot in a name is escaped, an empty name refused', () => {
    expect(treePaths({ 'a.b': 1, a: { b: 2 } })).toEqual(['a.b', 'a\\.b']);
    expect(() => treePaths({ a: { '': 1 } })).toThrow(/empty name in a/);
  });

  test('class instances are leaves', () => {
    const date = new Date(0);
    expect(treeLeaves<unknown>({ data: Float32Array.of(1, 2), date })).toEqual([Float32Array.of(1, 2), date]);
  });

  test('refuses the wrong number of leaves', () => {
    expect(() => treeUnflatten(params, [1])).toThrow(/fewer leaves/);
    expect(() => treeUnflatten(params, [1, 2, 3, 4, 5, 6])).toThrow(/more leaves.*expected: 5.*received: 6/);
  });
});

describe('maps', () => {
  test('identity and composition', () => {
    const f = (x: number): number => 3 * x + 1;
    const g = (x: number): number => x * x;
    fc.assert(
      fc.property(tree, (t) => {
        expect(treeMap((x: number) => x, t)).toEqual(t);
        expect(treeMap(f, treeMap(g, t))).toEqual(treeMap((x: number) => f(g(x)), t));
      }),
    );
  });

  test('maps several trees by name, not by the order of writing', () => {
    expect(treeMap((a: number, b: number) => a - b, { x: 10, y: 20 }, { y: 2, x: 1 })).toEqual({
      x: 9,
      y: 18,
    });
  });

  test('types follow the leaves', () => {
    const lengths = treeMap((text: string) => text.length, { a: 'one', b: ['three'] as [string] });
    expectTypeOf(lengths).toEqualTypeOf<{ a: number; b: [number] }>();
    expect(lengths).toEqual({ a: 3, b: [5] });
    expectTypeOf(treeMap((x: number) => -x, params)).toEqualTypeOf<typeof params>();
  });

  test('names the first path that differs', () => {
    expect(() => treeMap((a: number) => a, { a: 1, b: 2 }, { a: 1, c: 2 })).toThrow(
      /expected: b; received: c/,
    );
    expect(() => treeMap((a: number) => a, { a: 1 }, { a: 1, c: 2 })).toThrow(
      /expected: 1 leaves; received: c/,
    );
    expect(() => treeZip([{ a: 1, c: 2 }, { a: 1 }])).toThrow(/expected: c; received: 1 leaves/);
  });

  test('zip and reduce', () => {
    expect(
      treeZip([
        { a: 1, b: [2] },
        { a: 'x', b: ['y'] },
      ]),
    ).toEqual([
      { path: 'a', leaves: [1, 'x'] },
      { path: 'b.0', leaves: [2, 'y'] },
    ]);
    expect(treeReduce((sum, leaf: number, path) => `${sum} ${path}=${leaf}`, params, '')).toBe(
      ' layers.0.bias=2 layers.0.weight=1 layers.1.bias=4 layers.1.weight=3 scale=5',
    );
    expect(treeMapWithPath((path: string, leaf: number) => `${path}:${leaf}`, { a: [1, 2] })).toEqual({
      a: ['a.0:1', 'a.1:2'],
    });
  });
});

describe('paths', () => {
  test('selects by expression, list and function; a global expression keeps no memory', () => {
    const weights = { 'layers.0.weight': 1, 'layers.1.weight': 3 };
    expect(treeSelect<number>(params, /weight$/g)).toEqual(weights);
    expect(treeSelect<number>(params, ['layers.1.weight', 'layers.0.weight'])).toEqual(weights);
    expect(treeSelect<number>(params, (path) => path.endsWith('.weight'))).toEqual(weights);
    expect(() => treeSelect<number>(params, ['layers.2.weight'])).toThrow(
      /no leaf of this path.*layers.2.weight/,
    );
    const matches = pathMatcher(/a/g);
    expect([matches('a'), matches('a')]).toEqual([true, true]);
  });

  test('update replaces what is named and shares the rest', () => {
    const leaf = { kept: new Date(0), changed: 1 };
    const next = treeUpdate(leaf, { changed: 2 });
    expect(next).toEqual({ kept: leaf.kept, changed: 2 });
    expect(next.kept).toBe(leaf.kept);
    expect(() => treeUpdate(leaf, { other: 2 })).toThrow(/no leaf/);
  });

  test('a tree by path and back', () => {
    fc.assert(
      fc.property(tree, (t) => {
        expect(treeFromRecord(t, treeSelect(t))).toEqual(t);
      }),
    );
    expect(() => treeFromRecord({ a: 1, b: 2 }, { a: 1, c: 3 })).toThrow(
      /"missing":\["b"\],"unexpected":\["c"\]/,
    );
  });

  test('paths nest into objects', () => {
    expect(nestPaths({ 'a.b': 1, 'a.c.0': 2, 'd\\.e': 3 })).toEqual({ a: { b: 1, c: { 0: 2 } }, 'd.e': 3 });
    expect(() => nestPaths({ a: 1, 'a.b': 2 })).toThrow(/leads through the leaf/);
    expect(() => nestPaths({ 'a.b': 1, a: 2 })).toThrow(/leads through the leaf/);
  });
});
