import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';
import type { Profile } from '../theory/harmonics';
import { unitVectors } from './unit-vectors';

/** Tasks that differ in a random direction theta and in the profile g: f(x) = g(theta . x). */
export interface TaskFamily {
  readonly name: string;
  /** Lipschitz constant that no task of the family exceeds on the unit ball. */
  readonly lipschitz: number;
  /** One profile a task. */
  profiles(key: Key, tasks: number): Profile[];
  /** One unit direction a task, row by row [tasks, dimension]. */
  directions(key: Key, tasks: number, dimension: number): Float64Array;
  /**
   * Uncorrelated profiles whose powers, weighted, add up to the family's; absent where the direction is not uniform on
   * the whole sphere.
   */
  readonly components?: readonly { readonly weight: number; readonly profile: Profile }[];
}

interface FamilyOptions {
  /** The Lipschitz constant L, above 0. */
  readonly lipschitz: number;
}

/** l z + b with l and b uniform on [-L, L]. */
export function affineTasks({ lipschitz }: FamilyOptions): TaskFamily {
  const third = lipschitz ** 2 / 3;
  return family({
    name: 'affine',
    lipschitz,
    profiles: drawn(
      lipschitz,
      2,
      ([l, b]) =>
        (z) =>
          l! * z + b!,
    ),
    components: [
      { weight: third, profile: () => 1 },
      { weight: third, profile: (z) => z },
    ],
  });
}

/** l1 relu(z) + l2 relu(-z) + b with l1, l2 and b uniform on [-L, L]. */
export function reluTasks({ lipschitz }: FamilyOptions): TaskFamily {
  const square = lipschitz ** 2;
  return family({
    name: 'relu',
    lipschitz,
    profiles: drawn(
      lipschitz,
      3,
      ([l1, l2, b]) =>
        (z) =>
          (z > 0 ? l1! * z : -l2! * z) + b!,
    ),
    // (l1 + l2) / 2 |z| + (l1 - l2) / 2 z + b
    components: [
      { weight: square / 3, profile: () => 1 },
      { weight: square / 6, profile: Math.abs },
      { weight: square / 6, profile: (z) => z },
    ],
  });
}

/** cos(L z): only the direction differs between tasks. */
export function cosineTasks({ lipschitz }: FamilyOptions): TaskFamily {
  return fixed('cosine', lipschitz, (z) => Math.cos(lipschitz * z));
}

/** (L / 2) z^2: L-Lipschitz on the unit ball. */
export function quadraticTasks({ lipschitz }: FamilyOptions): TaskFamily {
  return fixed('quadratic', lipschitz, (z) => (lipschitz / 2) * z * z);
}

/** L z. */
export function linearTasks({ lipschitz }: FamilyOptions): TaskFamily {
  return fixed('linear', lipschitz, (z) => lipschitz * z);
}

function fixed(name: string, lipschitz: number, profile: Profile): TaskFamily {
  return family({
    name,
    lipschitz,
    profiles: (_, tasks) => Array.from({ length: tasks }, () => profile),
    components: [{ weight: 1, profile }],
  });
}

function family(options: Omit<TaskFamily, 'directions'>): TaskFamily {
  const { lipschitz, name } = options;
  if (!(lipschitz > 0 && Number.isFinite(lipschitz)))
    throw new LabError('argument', `${name} tasks: the Lipschitz constant is above 0`, {
      argument: 'lipschitz',
      received: String(lipschitz),
    });
  return { ...options, directions: (key, tasks, dimension) => unitVectors(key, tasks, dimension) };
}

/** Profiles with `count` coefficients, uniform on [-range, range]. */
function drawn(range: number, count: number, make: (coefficients: Float64Array) => Profile) {
  return (key: Key, tasks: number): Profile[] => {
    const values = uniform64(foldIn(key, 0), tasks * count, { low: -range, high: range });
    return Array.from({ length: tasks }, (_, t) => make(values.subarray(t * count, (t + 1) * count)));
  };
}
